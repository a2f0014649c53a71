import { expect, test } from 'vitest';
import type { GateInput } from '../gate-input.ts';
import type { Decision } from '../plan.ts';
import { factsOf, gateInputOf } from '../planning.contract.ts';
import { cascade } from './cascade.ts';

/** `stop` null: it passes. */
const check = (changes: Partial<GateInput>, stop: Partial<Decision> | null, text: RegExp) => {
  const answer = cascade.ask(gateInputOf(changes));
  expect([answer.stop, answer.text]).toEqual([
    stop === null ? null : expect.objectContaining(stop),
    expect.stringMatching(text),
  ]);
};

const many = (...roots: readonly string[]): Partial<GateInput> => ({
  facts: factsOf({ db: {} }, { members: ['api', 'db', 'web'], roots, total: 4 }),
});

test('no cascade', () => check({}, null, /no cascade/));
test('the root may be acted on', () =>
  check({ ...many('db'), targets: ['db'] }, null, /db is at the root/));
test('a leaf may not', () =>
  check(many('db'), { kind: 'refuse', gate: 'cascade' }, /root is db, not api/));
test('without a root a person is called', () =>
  check(many(), { kind: 'escalate' }, /3 of 4 .*no root/));
test('the host lies below all', () => check({ ...many('db'), targets: ['@disk:/'] }, null, /root/));
