/** Mended before a symptom showed: the class is that of a service of its kind that stood still. */
import { expect, test } from 'vitest';
import { service, stackOf } from '../loop/collect/stage.contract.ts';
import { observe } from '../loop/collect/observe.ts';
import { openLoop, workOf } from '../loop-state.ts';
import type { Symptom } from '../loop/detect/symptom.ts';
import type { Diagnosis } from '../loop/diagnose/diagnosis.ts';
import { diagnosisOf } from '../loop/plan/planning.contract.ts';
import { act } from './act.ts';
import { concludeLook } from './look.ts';
import { openIncident } from './open-incident.ts';
import { takeReflex } from './reflexes.ts';

const startMs = 1_000_000;

const symptom: Symptom = {
  id: 'sym-1',
  kind: 'errors',
  target: 'one',
  key: 'errors:one',
  severity: 'error',
  sinceMs: startMs,
  atMs: startMs,
  text: '40 % of requests to one fail',
  evidence: [],
  causedBy: null,
};

function mended(kind: string) {
  const state = openLoop(startMs - 60_000);
  const turn = { state, nowMs: startMs, effects: [] };
  const stack = stackOf(service('one', { labels: { 'fettle.kind': kind } }));
  observe(state.picture, { kind: 'stack', stack }, startMs);
  const incident = openIncident(turn, { root: 'one', title: 'mended', severity: 'error' });
  incident.services.push('one');
  takeReflex(turn, {
    kind: 'reflex',
    service: 'one',
    instance: 'one.1',
    action: 'service.restart',
    reason: 'hang',
    token: 't-1',
  });
  return { turn, incident };
}

function classOf(kind: string): string | undefined {
  const { turn, incident } = mended(kind);
  workOf(turn.state, incident, startMs).examSinceMs = startMs;
  concludeLook(turn, incident, []);
  return incident.diagnosis?.class;
}

test('a service hung', () => expect(classOf('service')).toBe('hang'));
test('a worker was stuck', () => expect(classOf('worker')).toBe('worker_stuck'));
test('a database was silent', () => expect(classOf('database')).toBe('db_hung'));

/** Looks after so long at a service that was restarted for a hang and still shows something. */
function lastingFor(afterMs: number, known: Partial<Diagnosis> | null = null) {
  const { turn, incident } = mended('service');
  incident.symptoms = [symptom];
  const { id: incidentId } = incident;
  if (known !== null) incident.diagnosis = diagnosisOf({ incidentId, target: 'one', ...known });
  const later = { ...turn, nowMs: startMs + afterMs };
  workOf(turn.state, incident, later.nowMs).examSinceMs = later.nowMs;
  concludeLook(later, incident, []);
  act(later, incident);
  return incident;
}

test('its word alone starts no second restart', () => {
  const incident = lastingFor(10_000);
  expect(incident.diagnosis).toMatchObject({ class: 'hang', ruleId: 'reflex' });
  expect(incident.plans).toEqual([]);
});
test('where symptoms outlast the restart it was wrong', () => {
  const known = { class: 'hang', ruleId: 'reflex', confidence: 0.9 } as const;
  expect(lastingFor(20_000, known).diagnosis).toMatchObject({ class: 'unknown' });
});
test('what was examined stands', () => {
  const known = { class: 'db_hung', ruleId: 'db_hung/asked', confidence: 0.89 } as const;
  expect(lastingFor(10_000, known).diagnosis).toMatchObject({ class: 'db_hung' });
});
