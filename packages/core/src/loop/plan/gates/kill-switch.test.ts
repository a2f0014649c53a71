import { expect, test } from 'vitest';
import type { GateInput } from '../gate-input.ts';
import type { Decision } from '../plan.ts';
import { gateInputOf, nowMs } from '../planning.contract.ts';
import { openRails, type Rails } from '../rails.ts';
import { killSwitch } from './kill-switch.ts';

/** `stop` null: it passes. */
const check = (changes: Partial<GateInput>, stop: Partial<Decision> | null, text: RegExp) => {
  const answer = killSwitch.ask(gateInputOf(changes));
  expect([answer.stop, answer.text]).toEqual([
    stop === null ? null : expect.objectContaining(stop),
    expect.stringMatching(text),
  ]);
};

const railsOf = (changes: Partial<Rails>): Partial<GateInput> => ({
  rails: { ...openRails(), ...changes },
});
const paused = (service: string | null, untilMs: number | null) =>
  railsOf({ pauses: [{ service, untilMs, by: 'ann' }] });

test('nothing is switched off', () => check({}, null, /neither/));
test('emergency stop', () =>
  check(
    railsOf({ stopped: { atMs: 0, by: 'ann' } }),
    { kind: 'refuse', gate: 'kill-switch' },
    /ann/,
  ));
test('the whole loop is paused', () => check(paused(null, null), { kind: 'refuse' }, /whole loop/));
test('the service is paused for a while', () =>
  check(paused('api', nowMs + 5), { kind: 'wait', untilMs: nowMs + 5 }, /api is paused/));
test('a pause that is over', () => check(paused('api', nowMs), null, /neither/));
test('another service is paused', () => check(paused('db', null), null, /neither/));
test('not even a yes passes it', () =>
  check({ ...paused('api', null), approvedBy: 'bob' }, { kind: 'refuse' }, /paused/));
