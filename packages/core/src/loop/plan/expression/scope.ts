/** What an expression may name, and with what it is decided. */
import type { Fact, FactWorld } from '../facts/fact.ts';
import type { FactCall, Value } from './expression.ts';
import type { ValueType } from './value-type.ts';

/** For checking. */
export type Scope = Readonly<{
  names: Readonly<Record<string, ValueType>>;
  facts: ReadonlyMap<string, Fact>;
}>;

/** For deciding. */
export type EvaluationContext = Readonly<{
  names: Readonly<Record<string, Value>>;
  facts: ReadonlyMap<string, Fact>;
  world: FactWorld;
  /** What the shell answered, by `factKey`. */
  answers: ReadonlyMap<string, Value>;
}>;

/** Equal for equal questions. */
export function factKey(call: FactCall): string {
  return JSON.stringify([call.name, call.args]);
}
