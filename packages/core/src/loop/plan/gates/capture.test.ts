import { expect, test } from 'vitest';
import type { GateInput } from '../gate-input.ts';
import type { Decision } from '../plan.ts';
import { actionOf, gateInputOf } from '../planning.contract.ts';
import { capture } from './capture.ts';

/** `stop` null: it passes. */
const check = (changes: Partial<GateInput>, stop: Partial<Decision> | null, text: RegExp) => {
  const answer = capture.ask(gateInputOf(changes));
  expect([answer.stop, answer.text]).toEqual([
    stop === null ? null : expect.objectContaining(stop),
    expect.stringMatching(text),
  ]);
};

test('later', () => check({}, null, /before the step/));
test('kept', () => check({ captured: true }, null, /is kept/));
test('not kept', () =>
  check({ captured: false }, { kind: 'refuse', gate: 'capture' }, /could not/));
test('nothing to keep', () =>
  check({ captured: false, action: actionOf('service.reload') }, null, /nothing to put back/));
