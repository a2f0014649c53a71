import { expect, test } from 'vitest';
import type { GateInput } from '../gate-input.ts';
import type { Decision } from '../plan.ts';
import { gateInputOf, nowMs, policyOf } from '../planning.contract.ts';
import { openRails, type Hold } from '../rails.ts';
import { lock } from './lock.ts';

/** `stop` null: it passes. */
const check = (changes: Partial<GateInput>, stop: Partial<Decision> | null, text: RegExp) => {
  const answer = lock.ask(gateInputOf(changes));
  expect([answer.stop, answer.text]).toEqual([
    stop === null ? null : expect.objectContaining(stop),
    expect.stringMatching(text),
  ]);
};

const wait = { kind: 'wait', gate: 'lock' } as const;
const held = (...holds: readonly Partial<Hold>[]): Partial<GateInput> => ({
  rails: {
    ...openRails(),
    holds: holds.map((hold, index) => ({
      runId: `run-${index + 1}`,
      runbook: 'mend',
      dedupe: 'other',
      targets: ['db'],
      sinceMs: nowMs,
      ...hold,
    })),
  },
});

test('free', () => check({}, null, /nothing else/));
test('the target is held', () => check(held({ targets: ['db', 'api'] }), wait, /run-1 holds/));
test('the same key is one execution', () => check(held({ dedupe: 'api' }), wait, /run-1/));
test('its own lock is no obstacle', () =>
  check({ ...held({ targets: ['api'] }), runId: 'run-1' }, null, /nothing else/));
test('too many at once', () => check(held({}, { targets: ['x'] }), wait, /2 runs/));
test('more are allowed', () =>
  check(
    { ...held({}, { targets: ['x'] }), policy: policyOf({ concurrentRuns: 3 }) },
    null,
    /nothing else/,
  ));
