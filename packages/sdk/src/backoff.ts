/**
 * Spaces retries out: exponential, capped, with full jitter, so that a crowd of failing clients
 * does not return in step. Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (2015).
 */

/** Durations in milliseconds, each >= 0. */
export type Backoff = Readonly<{ baseMs: number; maxMs: number }>;

/** The ceiling before jitter of wait number `attempt` (from 0), in milliseconds. */
export function backoffMs(backoff: Backoff, attempt: number): number {
  return Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(attempt, 52));
}

/** Full jitter: uniform over (0, ceiling]. `random` is in [0, 1) and comes from the caller. */
export function jitteredMs(ceilingMs: number, random: number): number {
  return Math.max(1, Math.ceil(ceilingMs * (1 - random)));
}
