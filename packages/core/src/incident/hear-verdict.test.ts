/** What a person says of a diagnosis reaches the classifier, and outlives a crash of ours. */
import { expect, test } from 'vitest';
import { classify } from '../knowledge/classifier.ts';
import type { Diagnosis } from '../loop/diagnose/diagnosis.ts';
import { openLoop } from '../loop-state.ts';
import { stepLoop } from '../loop-step.ts';
import { hearVerdict } from './learn.ts';

const signs = ['complaint:slow', 'kind:service', 'symptom:check-down'];
const diagnosis: Diagnosis = {
  id: 'diagnosis-1',
  incidentId: 'INC-1',
  class: 'db_slow',
  target: 'store',
  confidence: 0.8,
  sentence: 'slow',
  for: [],
  against: [],
  params: {},
  ruleId: 'db_slow',
  symptomIds: [],
  affected: [],
  others: [],
  signs,
  atMs: 0,
};

test('a cause that was confirmed several times is known again, also after a restart', () => {
  const state = openLoop(0);
  for (let time = 0; time < 5; time += 1) hearVerdict(state, diagnosis, 'right');
  expect(classify(state.classifier, signs)?.label).toBe('db_slow');
  const kept = stepLoop(state, { kind: 'ticked' }, 1_000).flatMap((effect) =>
    effect.kind === 'keep' ? [effect.record] : [],
  );
  expect(kept.map(({ kind, id }) => `${kind}:${id}`)).toContain('odds:classifier');
  const next = openLoop(2_000);
  const records = JSON.parse(JSON.stringify(kept)) as typeof kept;
  stepLoop(next, { kind: 'restored', records }, 2_000);
  expect(classify(next.classifier, signs)).toEqual(classify(state.classifier, signs));
});

test('a cause that a person calls wrong is unlearnt', () => {
  const state = openLoop(0);
  for (let time = 0; time < 4; time += 1) hearVerdict(state, diagnosis, 'right');
  for (let time = 0; time < 4; time += 1) hearVerdict(state, diagnosis, 'wrong');
  expect(classify(state.classifier, signs)).toBe(null);
});
