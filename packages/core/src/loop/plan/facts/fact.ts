/**
 * The contract of a fact: a named question that an expression may ask, `exits(api, 60s)`.
 *
 * A picture fact is answered here, from what is known. A shell fact needs a look at the world: the
 * shell answers it with a deadline before the expression is decided. A new one is an entry in a
 * family file of this folder, its test, and a line in `all.ts`; docs/expressions.md is made of them.
 */
import type { Picture } from '../../collect/picture.ts';
import type { Symptom } from '../../detect/symptom.ts';
import type { Value } from '../expression/expression.ts';
import type { ValueType } from '../expression/value-type.ts';

export type FactWorld = Readonly<{
  picture: Picture;
  /** Symptoms that show now. */
  symptoms: readonly Symptom[];
  nowMs: number;
  /** Start of the clean window: only samples after it count. null: outside of verification. */
  sinceMs: number | null;
  /** When the run started; while a plan is made: now. */
  startedMs: number;
}>;

export type FactParam = Readonly<{
  name: string;
  type: ValueType;
  /** Stands in when it is left out; absent: it is required. */
  fallback?: Value;
  /** The words that it may be; absent: any. */
  oneOf?: readonly string[];
  /** Is it a pattern (`~`)? */
  pattern?: true;
}>;

type FactBase = Readonly<{
  name: string;
  params: readonly FactParam[];
  /** A function where it depends on words among the arguments; null stands for what is not known. */
  result: ValueType | ((args: readonly Value[]) => ValueType);
  /** One sentence for the reference. */
  about: string;
  example: string;
}>;

export type PictureFact = FactBase &
  Readonly<{ source: 'picture'; answer: (world: FactWorld, args: readonly Value[]) => Value }>;
export type ShellFact = FactBase & Readonly<{ source: 'shell' }>;
export type Fact = PictureFact | ShellFact;
