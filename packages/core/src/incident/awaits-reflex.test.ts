/** What was mended at once gets its time: nothing is planned for what the restart may have cured. */
import { expect, test } from 'vitest';
import type { Symptom } from '../loop/detect/symptom.ts';
import type { DiagnosisClass } from '../loop/diagnose/diagnosis.ts';
import { diagnosisOf, runbookOf } from '../loop/plan/planning.contract.ts';
import { openLoop } from '../loop-state.ts';
import { act } from './act.ts';
import { openIncident } from './open-incident.ts';
import { takeReflex } from './reflexes.ts';

const startMs = 1_000_000;
const symptom: Symptom = {
  id: 'sym-1',
  kind: 'hang',
  target: 'store',
  key: 'hang:store',
  severity: 'error',
  sinceMs: startMs,
  atMs: startMs,
  text: 'store was ended',
  evidence: [],
  causedBy: null,
};

/** Plans made so long after the health part had restarted this service. */
function plansAfter(afterMs: number, cause: DiagnosisClass, restarted: string): number {
  const state = openLoop(startMs - 60_000);
  const turn = { state, nowMs: startMs, effects: [] };
  const incident = openIncident(turn, { root: 'store', title: 'silent', severity: 'error' });
  incident.services.push('store', 'api');
  incident.symptoms = [symptom];
  incident.diagnosis = diagnosisOf({ class: cause, target: 'store', incidentId: incident.id });
  const triggers = [{ kind: 'diagnosis', classes: [cause], minConfidence: 0.5 }] as const;
  state.runbooks.set('mend', runbookOf({ name: 'mend', triggers }));
  takeReflex(turn, {
    kind: 'reflex',
    service: restarted,
    instance: `${restarted}.1`,
    action: 'service.restart',
    reason: 'hang',
    token: 't-1',
  });
  act({ ...turn, nowMs: startMs + afterMs }, incident);
  return incident.plans.length;
}

test('a restart may be the cure of a silent database', () =>
  expect(plansAfter(5_000, 'db_hung', 'store')).toBe(0));
test('it was not', () => expect(plansAfter(20_000, 'db_hung', 'store')).toBe(1));
test('that of a caller is none', () => expect(plansAfter(5_000, 'db_hung', 'api')).toBe(1));
test('no restart gives a file back', () =>
  expect(plansAfter(5_000, 'bad_config', 'store')).toBe(1));
test('the slow answers of what spun live on in the figures for a while', () =>
  expect(plansAfter(30_000, 'event_loop_block', 'store')).toBe(0));
test('and not for ever', () => expect(plansAfter(70_000, 'event_loop_block', 'store')).toBe(1));
