import { expect, test } from 'vitest';
import type { GateInput } from '../gate-input.ts';
import type { Decision } from '../plan.ts';
import { gateInputOf, nowMs, runbookOf, stepOf } from '../planning.contract.ts';
import { approval } from './approval.ts';

/** `stop` null: it passes. */
const check = (changes: Partial<GateInput>, stop: Partial<Decision> | null, text: RegExp) => {
  const answer = approval.ask(gateInputOf(changes));
  expect([answer.stop, answer.text]).toEqual([
    stop === null ? null : expect.objectContaining(stop),
    expect.stringMatching(text),
  ]);
};

test('not needed', () => check({}, null, /no yes/));
test('medium risk alone does not ask', () => check({ risk: 'medium' }, null, /no yes/));
test('high risk does', () =>
  check({ risk: 'high' }, { kind: 'approve', untilMs: nowMs + 600_000 }, /risk is high/));
test('the step does', () =>
  check({ step: stepOf({ approvalRequired: true }) }, { kind: 'approve' }, /step mend/));
test('the runbook does, for as long as it says', () =>
  check(
    { approvalWhen: true, runbook: runbookOf({ approval: { when: null, timeoutMs: 5 } }) },
    { kind: 'approve', untilMs: nowMs + 5 },
    /runbook/,
  ));
test('somebody said yes', () =>
  check({ risk: 'critical', approvedBy: 'ann' }, null, /ann said yes/));
