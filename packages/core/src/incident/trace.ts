/**
 * What one answer of the loop comes to, in few bytes: decisions, requests to the world,
 * and a sum over all of it. Written beside each recorded event, and made again by a replay.
 */
import { hash32 } from '../supervise/prng.ts';
import type { LoopEffect } from '../loop-effect.ts';
import { decisionsOf, type Decision, type DecisionBook } from './decisions.ts';
import type { Clean } from './frozen.ts';

export type Trace = Readonly<{
  decided: readonly Decision[];
  /** `act run-1/restart/1 9f86d081`: what the world was asked for, with a sum over its details. */
  asked: readonly string[];
  /** Over all effects, 32 bits; the next tick aside. */
  sum: string;
}>;

export function traceOf(effects: readonly LoopEffect[], book: DecisionBook, clean: Clean): Trace {
  const told = effects.filter(({ kind }) => kind !== 'wake' && kind !== 'snapshot');
  const decided = decisionsOf(book, told).map((decision) => ({
    ...decision,
    text: clean(decision.text, null, null),
    details: decision.details.map((detail) => clean(detail, null, null)),
  }));
  const asked = told.flatMap((effect) => {
    const name = askedName(effect);
    return name === null ? [] : [`${effect.kind} ${name} ${sumOf(effect, clean)}`];
  });
  return { decided, asked, sum: sumOf(told, clean) };
}

/** null: nothing is asked of the world. */
function askedName(effect: LoopEffect): string | null {
  switch (effect.kind) {
    case 'examine':
      return effect.incidentId;
    case 'ask':
      return effect.ask;
    case 'keep-evidence':
      return effect.runId;
    case 'capture':
    case 'act':
    case 'undo':
    case 'observe-act':
      return effect.key;
    default:
      return null;
  }
}

function sumOf(value: unknown, clean: Clean): string {
  const text = JSON.stringify(value, (field, part: unknown) =>
    typeof part === 'string' ? clean(part, field === '' ? null : field, null) : part,
  );
  return hash32(text, 0x811c9dc5).toString(16).padStart(8, '0');
}
