/** The replacing of a service's replicas, as it is remembered and as it is told (`rolling.ts`). */
import type { RunToken } from './run.ts';

export type RollingReason = 'operator-restart' | 'config-changed';

/** Owned by `ServiceRecord`; a stopped one stays until the next attempt, so that it can be told. */
export type Rollout = {
  readonly reason: RollingReason;
  readonly actor: string;
  /** Runs that are still to be replaced. */
  readonly old: Set<RunToken>;
  /** Every run that was there before: the end of one of these is no failure of the new ones. */
  readonly before: ReadonlySet<RunToken>;
  readonly of: number;
  /** Since when one lacks, or since when none does; monotonic ms. */
  pendingMs: number | null;
  calmMs: number | null;
  /** For when its timer is armed; monotonic ms. */
  dueMs: number | null;
  /** Why it was stopped; null: under way. */
  stopped: string | null;
  readonly sinceAtMs: number;
};

/** What is told of a rollout beside each instance. */
export type RollingView = Readonly<{
  phase: 'under-way' | 'stopped';
  reason: RollingReason;
  done: number;
  of: number;
  /** null while under way. */
  why: string | null;
  /** Epoch ms. */
  sinceMs: number;
}>;

export function rollingView(rollout: Rollout | null): RollingView | null {
  if (rollout === null) return null;
  const { reason, of, stopped, sinceAtMs, old } = rollout;
  return {
    phase: stopped === null ? 'under-way' : 'stopped',
    reason,
    done: of - old.size,
    of,
    why: stopped,
    sinceMs: sinceAtMs,
  };
}
