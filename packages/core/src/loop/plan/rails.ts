/**
 * What was done lately, and what must not be done now: the gate's memory.
 *
 * Plain JSON that the lead keeps as records of kind `rail`, so that a cooldown, a block or a pause
 * outlives the daemon. `noteX` functions are its only writers, in place; every list is bounded.
 */
import type { Result } from '../../knowledge/odds.ts';
import type { Risk } from './policy.ts';

export type Rails = {
  /** `service` null: the whole loop; `untilMs` null: until resumed. */
  pauses: Pause[];
  /** Emergency stop: nothing acts until somebody resumes. */
  stopped: { readonly atMs: number; readonly by: string } | null;
  /** A person's freeze; the policy may name a later one. */
  frozenUntilMs: number;
  /** Runs that are pending, paused or running: each holds a lock on all its targets. */
  holds: Hold[];
  /** Begun runs, newest last, at most 300. */
  runs: RailRun[];
  blocks: Block[];
  /** When we last acted on a target, by target. */
  acts: Record<string, { atMs: number; runId: string; action: string }>;
  /** An operator's last command or edit, by service. */
  manual: Record<string, { atMs: number; text: string }>;
  /** Since when a deploy is under way, by service. */
  deploys: Record<string, number>;
  /** How often a runbook ran for nothing, by runbook. */
  fires: Record<string, { runs: number; falseFires: number; disabledMs: number | null }>;
};

export type Pause = Readonly<{ service: string | null; untilMs: number | null; by: string }>;

export type Hold = Readonly<{
  runId: string;
  runbook: string;
  dedupe: string;
  targets: readonly string[];
  sinceMs: number;
}>;

export type RailRun = {
  readonly runId: string;
  readonly runbook: string;
  readonly dedupe: string;
  readonly targets: readonly string[];
  readonly step: string;
  readonly risk: Risk;
  readonly startedMs: number;
  endedMs: number | null;
  result: Result | null;
};

export type Block = Readonly<{
  runbook: string;
  dedupe: string;
  untilMs: number;
  reason: string;
}>;

export function openRails(): Rails {
  return {
    pauses: [],
    stopped: null,
    frozenUntilMs: 0,
    holds: [],
    runs: [],
    blocks: [],
    acts: {},
    manual: {},
    deploys: {},
    fires: {},
  };
}
