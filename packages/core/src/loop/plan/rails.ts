/**
 * What was done lately, and what must not be done now: the gate's memory.
 *
 * Plain JSON that is kept as records of kind `rail`, so that a cooldown, a block or a pause
 * outlives the daemon. Written only by the `note…` functions of `rail-notes.ts`, in place; every
 * list is bounded.
 */
import type { Result } from '../../knowledge/odds.ts';

export type Rails = {
  pauses: Pause[];
  /** Emergency stop: nothing acts until somebody resumes. */
  stopped: Readonly<{ atMs: number; by: string }> | null;
  /** A person's freeze; the policy may name a later one. */
  frozenUntilMs: number;
  /** Runs that are pending, paused or running: each holds a lock on all its targets. */
  holds: Hold[];
  /** Begun runs, newest last, at most 300. */
  runs: RailRun[];
  blocks: Block[];
  /** When we last acted on a target, by target. */
  acts: Record<string, Readonly<{ atMs: number; runId: string; action: string }>>;
  /** An operator's last command or edit, by service. */
  manual: Record<string, Readonly<{ atMs: number; text: string }>>;
  /** Since when a deploy is under way, by service. */
  deploys: Record<string, number>;
  /** How often a runbook ran for nothing, by runbook. */
  fires: Record<string, Fires>;
};

/** `service` null: the whole loop; `untilMs` null: until resumed. */
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
  readonly step: string;
  readonly startedMs: number;
  endedMs: number | null;
  result: Result | null;
  /** Did it do more than tell people? Absent in what was kept before this was noted: it did. */
  touched?: boolean;
};

export type Block = Readonly<{
  runbook: string;
  dedupe: string;
  untilMs: number;
  reason: string;
}>;

/** `disabledMs`: since when it may only suggest; null: it may run. */
export type Fires = { runs: number; falseFires: number; disabledMs: number | null };

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

/** The pause of a service, or of the whole loop (`null`), if it holds now. */
export function pauseOf(rails: Rails, service: string | null, nowMs: number): Pause | null {
  const holds = (pause: Pause) =>
    pause.service === service && (pause.untilMs === null || pause.untilMs > nowMs);
  return rails.pauses.find(holds) ?? null;
}
