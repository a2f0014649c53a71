/**
 * What the controller's shell tells `step`: past tense, plain data. Times are monotonic ms.
 *
 * Small on purpose: health is the first thing the controller decides; the loop's stages join here.
 */
import type { HealthCheck } from './stack/health-check.ts';
import type { Finding } from './stack/health-state.ts';

export type Event =
  /** A run is there to be watched: started, adopted, or its view changed. */
  | Readonly<{
      kind: 'run-seen';
      instance: string;
      service: string;
      /** null: external, probed only. */
      token: string | null;
      checks: readonly HealthCheck[];
      startedMs: number;
      /** It ran before this controller did: verdicts wait for the settle period. */
      adopted: boolean;
      /** The supervisor says crash-loop: nothing more is asked of it. */
      crashLoop: boolean;
    }>
  | Readonly<{ kind: 'run-gone'; instance: string }>
  | Readonly<{
      kind: 'probed';
      instance: string;
      token: string | null;
      check: string;
      finding: Finding;
      /** When the probe began. */
      beganMs: number;
    }>
  /** A sign of work during the start: new log lines, CPU time, a STATUS. */
  | Readonly<{ kind: 'progressed'; instance: string; token: string }>
  | Readonly<{ kind: 'examined'; instance: string; token: string; exam: Exam }>
  /** These checks of the service, and no others, decide nothing from now on. */
  | Readonly<{ kind: 'silenced'; service: string; checks: ReadonlySet<string> }>
  /** We ourselves stood still: SIGSTOP, suspend, a starved host. */
  | Readonly<{ kind: 'paused'; fromMs: number; toMs: number }>
  /** The supervisor is (again) listening: it must hear what is so. */
  | Readonly<{ kind: 'link-restored' }>
  /** A request to the supervisor about this run failed. */
  | Readonly<{ kind: 'request-failed'; instance: string; token: string; text: string }>;

/** What the shell found when it looked at a process that no longer answers. */
export type Exam = Readonly<{
  /** `stopped`: state T; `traced`: a debugger holds it; `gone`: it ended meanwhile. */
  process: 'running' | 'stopped' | 'traced' | 'gone';
  /** One clause: `busy loop: 98 % of a core`, `not running: waiting in futex_wait_queue`. */
  verdict: string;
  /** File that holds the evidence, relative to the state folder; null: none could be written. */
  evidence: string | null;
}>;
