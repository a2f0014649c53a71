import { expect, test } from 'vitest';
import type { GateInput } from '../gate-input.ts';
import type { Decision } from '../plan.ts';
import { gateInputOf, stepOf } from '../planning.contract.ts';
import { guard } from './guard.ts';

/** `stop` null: it passes. */
const check = (changes: Partial<GateInput>, stop: Partial<Decision> | null, text: RegExp) => {
  const answer = guard.ask(gateInputOf(changes));
  expect([answer.stop, answer.text]).toEqual([
    stop === null ? null : expect.objectContaining(stop),
    expect.stringMatching(text),
  ]);
};

const guarded = stepOf({
  guard: [{ text: 'port_free(8000)', node: { kind: 'literal', value: true, from: 0, to: 4 } }],
} as Parameters<typeof stepOf>[0]);
const told = (held: boolean): Partial<GateInput> => ({
  step: guarded,
  guards: [{ text: 'port_free(8000)', held }],
});

test('no guards', () => check({}, null, /no guards/));
test('they are asked later', () => check({ step: guarded }, null, /before the step/));
test('they hold', () => check(told(true), null, /hold/));
test('one does not', () => check(told(false), { kind: 'refuse', gate: 'guard' }, /port_free/));
