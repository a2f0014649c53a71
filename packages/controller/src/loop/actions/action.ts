/**
 * What every action can do: say what it would do, note how things stand, act, take it back, and
 * say after a crash of ours whether the act came about.
 *
 * Names, parameters and risks are in `core/loop/plan/action-specs.ts`; one file here carries out
 * one of them. One that cannot act throws an error of `act-error.ts`.
 */
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import type { ActionWorld } from './action-world.ts';

export type ActParams = Readonly<Record<string, string | number | boolean>>;

export type ActionPlan = Readonly<{
  /** One sentence: what would be done. */
  text: string;
  /** What a person would type to the same effect. */
  command: string;
  /** Services that it touches, the target first. */
  targets: readonly string[];
  /** `absent`: this stack has nothing to do it with; a person gets `command`. */
  means: 'present' | 'absent';
  /** What is missing; null when the means are there. */
  lacks: string | null;
}>;

/** `not-done`: asking again is safe. `unknown`: a person looks. */
export type Seen = 'done' | 'not-done' | 'unknown';

export type ActContext = Readonly<{
  world: ActionWorld;
  /** At most one effect per key. */
  key: string;
  timeoutMs: number;
  /** Aborted when the time is over: nothing more is begun then. */
  signal: AbortSignal;
}>;

export type Action = Readonly<{
  name: string;
  /** One clause, from the parameters alone: `restart api`. */
  describe(params: ActParams): string;
  /** Free of side effects. @throws FettleError E-ACT-TARGET. */
  plan(params: ActParams, world: ActionWorld): Promise<ActionPlan>;
  /** How things stand before anything changes: plain JSON, no secret. @throws FettleError. */
  capture(params: ActParams, world: ActionWorld): Promise<Value>;
  /** One clause about what was done. @throws FettleError. */
  apply(params: ActParams, capture: Value, context: ActContext): Promise<string>;
  /** null: declared irreversible. @throws FettleError. */
  undo: ((params: ActParams, capture: Value, context: ActContext) => Promise<string>) | null;
  /** After a crash between asking and hearing. `context.key` is that of the act. */
  observe(params: ActParams, capture: Value, context: ActContext): Promise<Seen>;
}>;

export function plan(
  text: string,
  command: string,
  targets: readonly string[],
  lacks: string | null = null,
): ActionPlan {
  return { text, command, targets, means: lacks === null ? 'present' : 'absent', lacks };
}
