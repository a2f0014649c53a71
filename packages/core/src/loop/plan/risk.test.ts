import { expect, test } from 'vitest';
import {
  actionOf,
  diagnosisOf,
  factsOf,
  gateInputOf,
  policyOf,
  runbookOf,
  stepOf,
} from './planning.contract.ts';
import type { Risk } from './policy.ts';
import { raises, riskOf, type RiskInput } from './risk.ts';

const check = (changes: Partial<RiskInput>, risk: Risk, ...because: readonly string[]) =>
  expect(riskOf({ ...gateInputOf(changes), policy: policyOf() })).toEqual({ risk, because });
const restart = actionOf('service.restart');
const database = { kind: 'database', healthy: 1, unhealthyInstances: [] } as const;

test('the action itself', () => check({}, 'low'));
test('the highest of runbook, step and action', () => {
  const medium = runbookOf({ risk: { base: 'medium', dataLoss: false, reversible: true } });
  check({ runbook: medium }, 'medium');
  check({ runbook: medium, step: stepOf({ risk: 'high' }) }, 'high');
  check({ action: actionOf('exec'), step: stepOf({ risk: 'low' }) }, 'high');
});
test('a living database is restarted', () =>
  check({ action: restart, facts: factsOf({ api: database }) }, 'medium', raises[0]!.because));
test('a dead one is only started again', () =>
  check(
    { action: restart, facts: factsOf({ api: { ...database, dead: true, deadInstances: ['x'] } }) },
    'low',
  ));
test('one that surely answers nobody is as good as dead', () => {
  const facts = factsOf({ api: database });
  const mute = (confidence: number) => diagnosisOf({ class: 'db_hung', confidence });
  check({ action: restart, facts, diagnosis: mute(0.9) }, 'low');
  const elsewhere = { ...mute(0.9), target: 'other' };
  check({ action: restart, facts, diagnosis: elsewhere }, 'medium', raises[0]!.because);
  const because = [raises[0]!.because, 'the diagnosis is uncertain'];
  check({ action: restart, facts, diagnosis: mute(0.7) }, 'high', ...because);
});
test('another kind of service is restarted', () => check({ action: restart }, 'low'));
test('data may be lost', () =>
  check(
    { runbook: runbookOf({ risk: { base: 'low', dataLoss: true, reversible: true } }) },
    'medium',
    'data may be lost',
  ));
test('few replicas are healthy', () =>
  check(
    { facts: factsOf({ api: { wanted: 4, healthy: 2 } }) },
    'medium',
    'few replicas are healthy',
  ));
test('none is: there is nothing to keep', () =>
  check({ facts: factsOf({ api: { wanted: 4, healthy: 0 } }) }, 'low'));
test('an uncertain diagnosis', () =>
  check({ diagnosis: diagnosisOf({ confidence: 0.79 }) }, 'medium', 'the diagnosis is uncertain'));
test('they add up, to critical at most', () =>
  check(
    {
      action: restart,
      facts: factsOf({ api: { ...database, wanted: 4 } }),
      diagnosis: diagnosisOf({ confidence: 0.5 }),
      runbook: runbookOf({ risk: { base: 'medium', dataLoss: true, reversible: true } }),
    },
    'critical',
    ...raises.map(({ because }) => because),
  ));
