import { expect, test } from 'vitest';
import type { GateInput } from '../gate-input.ts';
import type { Decision } from '../plan.ts';
import { gateInputOf, nowMs } from '../planning.contract.ts';
import { openRails } from '../rails.ts';
import { selfInflicted } from './self-inflicted.ts';

/** `stop` null: it passes. */
const check = (changes: Partial<GateInput>, stop: Partial<Decision> | null, text: RegExp) => {
  const answer = selfInflicted.ask(gateInputOf(changes));
  expect([answer.stop, answer.text]).toEqual([
    stop === null ? null : expect.objectContaining(stop),
    expect.stringMatching(text),
  ]);
};

const acted = (target: string, agoMs: number): Partial<GateInput> => ({
  rails: {
    ...openRails(),
    acts: { [target]: { atMs: nowMs - agoMs, runId: 'run-1', action: 'service.restart' } },
  },
});

test('no act of ours', () => check({}, null, /not of our own/));
test('an act of ours just now', () =>
  check(acted('api', 10_000), { kind: 'wait', untilMs: nowMs + 20_000 }, /service.restart/));
test('the dust has settled', () => check(acted('api', 30_000), null, /not of our own/));
test('on another service', () => check(acted('db', 1_000), null, /not of our own/));
test('the next step of the same run', () =>
  check({ ...acted('api', 1_000), runId: 'run-1' }, null, /not of our own/));
