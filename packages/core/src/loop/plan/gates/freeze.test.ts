import { expect, test } from 'vitest';
import type { GateInput } from '../gate-input.ts';
import type { Decision } from '../plan.ts';
import { actionOf, factsOf, gateInputOf, nowMs, policyOf } from '../planning.contract.ts';
import { openRails, type Rails } from '../rails.ts';
import { freeze } from './freeze.ts';

/** `stop` null: it passes. */
const check = (changes: Partial<GateInput>, stop: Partial<Decision> | null, text: RegExp) => {
  const answer = freeze.ask(gateInputOf(changes));
  expect([answer.stop, answer.text]).toEqual([
    stop === null ? null : expect.objectContaining(stop),
    expect.stringMatching(text),
  ]);
};

const railsOf = (changes: Partial<Rails>): Partial<GateInput> => ({
  rails: { ...openRails(), ...changes },
});
const dead: Partial<GateInput> = {
  action: actionOf('service.start'),
  facts: factsOf({ api: { dead: true, deadInstances: ['api.1'] } }),
};
const edited = (agoMs: number) =>
  railsOf({ manual: { api: { atMs: nowMs - agoMs, text: 'api.json edited' } } });
const deploying = railsOf({ deploys: { api: nowMs - 1_000 } });

test('calm', () => check({}, null, /no freeze/));
test('frozen by policy', () =>
  check(
    { policy: policyOf({ frozenUntilMs: nowMs + 9 }) },
    { kind: 'wait', untilMs: nowMs + 9 },
    /frozen/,
  ));
test('frozen by hand, the later one counts', () =>
  check(
    { ...railsOf({ frozenUntilMs: nowMs + 20 }), policy: policyOf({ frozenUntilMs: nowMs + 9 }) },
    { kind: 'wait', untilMs: nowMs + 20 },
    /frozen/,
  ));
test('restarting the dead goes on', () =>
  check({ ...dead, policy: policyOf({ frozenUntilMs: nowMs + 9 }) }, null, /dead/));
test('a deploy is under way', () => check(deploying, { kind: 'wait', gate: 'freeze' }, /deploy/));
test('only its rollback may act', () =>
  check({ ...deploying, action: actionOf('deploy.rollback') }, null, /rolls back/));
test('a person is at work: what is risky asks', () =>
  check(
    { ...edited(60_000), risk: 'medium' },
    { kind: 'approve' },
    /at work on api .api.json edited/,
  ));
test('what is of low risk goes on', () => check(edited(60_000), null, /low risk/));
test('so does restarting the dead', () =>
  check({ ...dead, ...edited(60_000), risk: 'medium' }, null, /dead/));
test('after half an hour it is over', () =>
  check({ ...edited(1_800_000), risk: 'high' }, null, /no freeze/));
test('a yes is a yes', () =>
  check({ ...edited(60_000), risk: 'medium', approvedBy: 'bob' }, null, /bob/));
