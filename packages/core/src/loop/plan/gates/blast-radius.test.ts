import { describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../diagnose/diagnosis.ts';
import type { GateInput } from '../gate-input.ts';
import type { Decision } from '../plan.ts';
import {
  actionOf,
  diagnosisOf,
  factsOf,
  gateInputOf,
  policyOf,
  runbookOf,
  stepOf,
} from '../planning.contract.ts';
import type { ServiceFacts } from '../stack-facts.ts';
import { blastRadius } from './blast-radius.ts';

/** `stop` null: it passes. */
const check = (changes: Partial<GateInput>, stop: Partial<Decision> | null, text: RegExp) => {
  const answer = blastRadius.ask(gateInputOf(changes));
  expect([answer.stop, answer.text]).toEqual([
    stop === null ? null : expect.objectContaining(stop),
    expect.stringMatching(text),
  ]);
};

const restart = actionOf('service.restart');
const of = (wanted: number, healthy: number, more: Partial<GateInput> = {}): Partial<GateInput> => {
  const ill = Array.from({ length: wanted - healthy }, (_, index) => `api.${index + 1}`);
  const facts: Partial<ServiceFacts> = { wanted, healthy, unhealthyInstances: ill };
  return { action: restart, facts: factsOf({ api: facts }), suffering: [], ...more };
};
const refuse = { kind: 'refuse', gate: 'blast-radius' } as const;
const approve = { kind: 'approve' } as const;

test('one target', () => check({}, null, /enough/));
test('none', () => check({ targets: [] }, refuse, /0 targets/));
test('too many', () => check({ targets: ['api', 'db'] }, refuse, /2 targets, at most 1/));
test('the runbook may allow more', () => {
  const limits = { ...runbookOf().limits, maxTargets: 2 };
  check({ targets: ['api', 'db'], runbook: runbookOf({ limits }) }, null, /enough/);
});
test('as many as its steps name', () => {
  const steps = [
    stepOf({ next: 'two' }),
    stepOf({ id: 'two', action: 'config.restore', with: { target: 'db' } }),
  ];
  const facts = factsOf({ db: {} });
  const runbook = runbookOf({}, steps);
  check({ targets: ['api', 'db'], facts, runbook }, null, /enough/);
  const limits = { ...runbook.limits, maxTargets: 1 };
  check({ targets: ['api', 'db'], facts, runbook: { ...runbook, limits } }, refuse, /at most 1/);
});
test('the only instance, healthy', () => check(of(1, 1), approve, /api/));
test('the only instance, which is failing whatever its check says', () =>
  check(of(1, 1, { suffering: ['api'] }), null, /enough/));
describe('the only instance, green', () => {
  const silent = (diagnosis: Partial<Diagnosis>, suffering: readonly string[] = ['bridge']) => ({
    ...of(1, 1),
    facts: factsOf({ api: { healthy: 1, wanted: 1 }, bridge: { dependencies: ['api'] } }),
    diagnosis: diagnosisOf({ class: 'bridge_half_open', confidence: 0.77, ...diagnosis }),
    suffering,
  });
  test('and the cause of what those suffer who need it', () => check(silent({}), null, /enough/));
  test('and the holder of what fills a disk', () =>
    check(silent({ class: 'deleted_open_file' }, ['@disk:/srv']), null, /enough/));
  test('somebody else is the cause', () => check(silent({ target: 'bridge' }), approve, /too few/));
  test('the cause is a guess', () => check(silent({ confidence: 0.5 }), approve, /too few/));
  test('nobody who needs it suffers', () => check(silent({}, ['mail']), approve, /too few/));
});
describe('the only instance, well and leaking', () => {
  const leaking = (more: Partial<GateInput> = {}, facts: Partial<ServiceFacts> = {}) => ({
    ...of(1, 1),
    facts: factsOf({ api: { healthy: 1, wanted: 1, ...facts } }),
    diagnosis: diagnosisOf({ class: 'zombies' }),
    ...more,
  });
  test('is recycled by full leave', () => check(leaking(), null, /enough/));
  test('in a quiet moment', () =>
    check(leaking({}, { busy: true }), { kind: 'wait' }, /quiet moment/));
  test('by no lesser leave', () =>
    check(leaking({ grant: { autonomy: 'safe', reason: '' } }), approve, /too few/));
  test('for no other class', () =>
    check(leaking({ diagnosis: diagnosisOf({ class: 'cpu_own_hot_loop' }) }), approve, /too few/));
});
test('the only instance, down', () => check(of(1, 0), null, /enough/));
test('one of two may go', () => check(of(2, 2), null, /enough/));
test('one of two is ill: the other must stay', () => check(of(2, 1), approve, /too few/));
test('the ill one may go', () =>
  check(of(2, 1, { params: { target: 'api', instance: 'api.1' } }), null, /enough/));
test('51 % of three are two', () => check(of(3, 2), approve, /too few/));
test('three of three', () => check(of(3, 3), null, /enough/));
test('a person set less', () =>
  check(of(3, 2, { policy: policyOf({ keepHealthyRatio: 0.3 }) }), null, /enough/));
test('what ends no process takes nothing down', () =>
  check(of(1, 1, { action: actionOf('config.rollback') }), null, /enough/));
test('SIGCONT ends nothing, SIGTERM does', () => {
  const action = actionOf('process.signal');
  check(of(1, 1, { action, params: { signal: 'CONT' } }), null, /enough/);
  check(of(1, 1, { action, params: { signal: 'TERM' } }), approve, /too few/);
});
test('somebody said yes', () => check(of(1, 1, { approvedBy: 'ann' }), null, /enough|yes/));
