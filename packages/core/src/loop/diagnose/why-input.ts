/**
 * All that "why" may look at: facts gathered by the shell about one instance that is not ok.
 *
 * Kept apart from the rules so that a rule is a pure function of this record.
 */
import type { ProbeResult } from '../../stack/health-check.ts';
import type { PortOwner } from '../../stack/port.ts';
import type { InstanceView } from '../../supervise/instance-view.ts';

export type WhyInput = Readonly<{
  service: string;
  view: InstanceView;
  /** The command as argv. */
  command: readonly string[];
  /** Names of environment variables that the run was given (never the values). */
  environmentNames: readonly string[];
  /** Last lines of the live run, oldest first, redacted, at most 200. */
  liveLines: readonly string[];
  /** Last lines of the last ended run, likewise. */
  lastRunLines: readonly string[];
  /** Failing checks with what they last saw. */
  failingChecks: readonly Readonly<{
    name: string;
    role: string;
    result: ProbeResult;
    failedInRow: number;
    /** The check has been up at least once in this run. */
    everUp: boolean;
  }>[];
  flapping: boolean;
  /** Current owner of the port that the service asked for or that its log names. */
  portOwners: readonly Readonly<{ port: number; owner: PortOwner }>[];
  /** Each dependency's state in a word, and its own why. */
  dependencies: readonly Readonly<{
    service: string;
    state: string;
    required: boolean;
    /** `127.0.0.1:5432` where it listens or should. */
    address: string | null;
    why: string | null;
  }>[];
  /** Changes in the last 15 minutes on this service or what it depends on, oldest first. */
  recentChanges: readonly Readonly<{ atMs: number; text: string }>[];
  configModifiedAtMs: number;
  /** Kernel OOM-killer line about the pid, when the shell found one. */
  oomKillLine: string | null;
  /** Ends of recent runs, oldest first, at most 20. */
  exits: readonly Readonly<{
    atMs: number;
    code: number | null;
    posixSignal: string | null;
    ranMs: number | null;
  }>[];
  /** Cores used in the last sample of the run in question: a hang that burns or one that waits. */
  cpuRatio?: number | null;
  /** What Fettle saw before it ended a hang: `busy loop: 99 % of a core in pid 41 (node)`. */
  hangVerdict?: string | null;
  /** When Fettle last woke the live run from state T (somebody had stopped it). */
  continuedAtMs?: number | null;
  nowMs: number;
}>;

export type Why = Readonly<{
  /** One sentence, at most 160 characters, plain words, names the thing to look at. */
  sentence: string;
  /** Rule id, as in docs/why.md. */
  cause: string;
  /** 0-1. */
  confidence: number;
  evidence: readonly Readonly<{ kind: string; text: string; atMs: number | null }>[];
  next: readonly string[];
}>;
