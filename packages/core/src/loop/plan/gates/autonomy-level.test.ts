import { expect, test } from 'vitest';
import type { GateInput } from '../gate-input.ts';
import type { Decision } from '../plan.ts';
import { allOn } from '../flags.ts';
import { actionOf, gateInputOf, nowMs, policyOf } from '../planning.contract.ts';
import type { Autonomy, Risk } from '../policy.ts';
import { autonomyLevel } from './autonomy-level.ts';

/** `stop` null: it passes. */
const check = (changes: Partial<GateInput>, stop: Partial<Decision> | null, text: RegExp) => {
  const answer = autonomyLevel.ask(gateInputOf(changes));
  expect([answer.stop, answer.text]).toEqual([
    stop === null ? null : expect.objectContaining(stop),
    expect.stringMatching(text),
  ]);
};

const at = (autonomy: Autonomy, risk: Risk = 'low'): Partial<GateInput> => ({
  grant: { autonomy, reason: 'as told' },
  risk,
});
const approve = { kind: 'approve', untilMs: nowMs + policyOf().approvalMs } as const;
const restart = { action: actionOf('service.restart') };

test('observe', () =>
  check(at('observe'), { kind: 'refuse', gate: 'autonomy' }, /observe: as told/));
test('suggest', () => check(at('suggest'), { kind: 'suggest' }, /suggest/));
test('approve', () => check(at('approve'), approve, /approve/));
test('safe acts at low risk', () => check(at('safe'), null, /safe/));
test('safe asks from medium on', () => check(at('safe', 'medium'), approve, /safe/));
test('full acts at medium risk where there is a way back', () =>
  check(at('full', 'medium'), null, /full/));
test('without a way back never alone above low', () =>
  check({ ...at('full', 'medium'), ...restart }, approve, /full/));
test('at low risk it may', () => check({ ...at('full'), ...restart }, null, /full/));
test('full asks from high on', () => check(at('full', 'high'), approve, /full/));
test('words need no leave', () =>
  check({ ...at('suggest', 'high'), action: actionOf('notify') }, null, /suggest/));
test('a yes is a yes', () => check({ ...at('suggest'), approvedBy: 'ann' }, null, /ann/));
test('switched off, it only suggests, whatever was said', () =>
  check(
    { ...at('full'), approvedBy: 'ann', flags: { ...allOn, recovery: 0 } },
    { kind: 'suggest' },
    /switched off for api/,
  ));
