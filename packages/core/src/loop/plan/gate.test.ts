import { expect, test } from 'vitest';
import { askGates } from './gate.ts';
import { gates } from './gates/all.ts';
import type { GateInput } from './gate-input.ts';
import { gateNames } from './plan.ts';
import { gateInputOf, nowMs } from './planning.contract.ts';
import { openRails } from './rails.ts';

const check = (changes: Partial<GateInput>, decision: object, refusing: readonly string[]) => {
  const verdict = askGates(gateInputOf(changes));
  expect(verdict.decision).toEqual(decision);
  expect(verdict.reasons.flatMap(({ gate, passed }) => (passed ? [] : [gate]))).toEqual(refusing);
};

test('the order is the one of the design', () =>
  expect(gates.map(({ name }) => name)).toEqual(gateNames));
test('every gate says something, also when all is well', () => {
  const { reasons } = askGates(gateInputOf());
  expect(reasons.map(({ gate }) => gate)).toEqual(gateNames);
  for (const { text } of reasons) expect(text).toMatch(/^\S.{3,}$/);
});
test('all pass: it acts', () => check({}, { kind: 'act' }, []));
test('the first no decides, the others are told', () =>
  check(
    {
      rails: { ...openRails(), stopped: { atMs: nowMs, by: 'ann' } },
      grant: { autonomy: 'suggest', reason: 'never run' },
      risk: 'high',
    },
    { kind: 'refuse', gate: 'kill-switch' },
    ['kill-switch', 'autonomy', 'approval'],
  ));
