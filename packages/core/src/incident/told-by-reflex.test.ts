/** Mended before a symptom showed: the class is that of a service of its kind that stood still. */
import { expect, test } from 'vitest';
import { service, stackOf } from '../loop/collect/stage.contract.ts';
import { observe } from '../loop/collect/observe.ts';
import { openLoop, workOf } from '../loop-state.ts';
import { concludeLook } from './look.ts';
import { openIncident } from './open-incident.ts';
import { takeReflex } from './reflexes.ts';

const startMs = 1_000_000;

function classOf(kind: string): string | undefined {
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
  workOf(state, incident, startMs).examSinceMs = startMs;
  concludeLook(turn, incident, []);
  return incident.diagnosis?.class;
}

test('a service hung', () => expect(classOf('service')).toBe('hang'));
test('a worker was stuck', () => expect(classOf('worker')).toBe('worker_stuck'));
test('a database was silent', () => expect(classOf('database')).toBe('db_hung'));
