/**
 * A fact that only the shell can find out, for a guard, a branch or a verification of a runbook.
 *
 * Names and parameters are listed in `core/loop/plan/facts`. An answer is plain data; null means
 * that it could not be read, and every comparison with null is false. Nothing here changes the
 * world, and no address is spoken to that the user did not configure.
 */
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import type { ActionWorld } from '../actions/action-world.ts';

export type FactContext = Readonly<{
  world: ActionWorld;
  /** For the whole answer; the fact's own time-out is never longer. */
  timeoutMs: number;
  signal: AbortSignal;
}>;

export type ShellFact = Readonly<{
  name: string;
  /** null, or a rejection: not readable. */
  answer(args: readonly Value[], context: FactContext): Promise<Value>;
}>;

export function textArgument(args: readonly Value[], at: number): string {
  const value = args[at];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** null: not given, or not known. */
export function numberArgument(args: readonly Value[], at: number): number | null {
  const value = args[at];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A fact's own time, a little within what there is for all. */
export function ownTimeoutMs(wantedMs: number, wholeMs: number): number {
  return Math.max(1, Math.floor(Math.min(wantedMs, wholeMs - 30)));
}
