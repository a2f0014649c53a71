import { expect, test } from 'vitest';
import type { GateInput } from '../gate-input.ts';
import type { Decision } from '../plan.ts';
import { actionOf, factsOf, gateInputOf } from '../planning.contract.ts';
import { scope } from './scope.ts';

/** `stop` null: it passes. */
const check = (changes: Partial<GateInput>, stop: Partial<Decision> | null, text: RegExp) => {
  const answer = scope.ask(gateInputOf(changes));
  expect([answer.stop, answer.text]).toEqual([
    stop === null ? null : expect.objectContaining(stop),
    expect.stringMatching(text),
  ]);
};

const refuse = { kind: 'refuse', gate: 'scope' } as const;

test('a service of the stack', () => check({}, null, /api/));
test('no target at all', () => check({ targets: [] }, refuse, /no target/));
test.each(['*', 'api.*', 'a?i', ''])('a wildcard: %j', (name) =>
  check({ targets: [name] }, refuse, /no target/),
);
test('one that is not in the stack', () =>
  check({ targets: ['pid-1'] }, refuse, /not in the stack/));
test('one of several', () => check({ targets: ['api', 'x'] }, refuse, /x is not/));
test('an external one', () =>
  check({ facts: factsOf({ api: { external: true } }) }, refuse, /elsewhere/));
test('one that is meant to be down', () =>
  check({ facts: factsOf({ api: { want: 'down' } }) }, refuse, /meant to be down/));
test('a disk, for what needs no service', () =>
  check({ targets: ['@disk:/var'], action: actionOf('disk.reclaim') }, null, /disk/));
test('a disk is not restarted', () =>
  check(
    { targets: ['@disk:/var'], action: actionOf('service.restart') },
    refuse,
    /needs a service/,
  ));
