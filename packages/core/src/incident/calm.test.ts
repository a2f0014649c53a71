/** An incident that shows nothing is over only when its services run. */
import { expect, test } from 'vitest';
import { service, Stage } from '../loop/collect/stage.contract.ts';
import { observe } from '../loop/collect/observe.ts';
import type { Observation } from '../loop/collect/observation.ts';
import { diagnosisOf } from '../loop/plan/planning.contract.ts';
import { openLoop } from '../loop-state.ts';
import { gatherSymptoms } from './gather.ts';
import { openIncident } from './open-incident.ts';

function stateAfter(happens: (stage: Stage) => void): string {
  const stage = new Stage([service('api')]);
  const state = openLoop(stage.nowMs - 120_000);
  const real = stage.see.bind(stage);
  stage.see = (seen: Observation) => {
    real(seen);
    observe(state.picture, seen, stage.nowMs);
  };
  stage.see({ kind: 'stack', stack: stage.picture.stack! });
  stage.start('api');
  const turn = () => ({ state, nowMs: stage.nowMs, effects: [] });
  const incident = openIncident(turn(), { root: 'api', title: 'ended', severity: 'error' });
  incident.services.push('api');
  incident.diagnosis = diagnosisOf({ class: 'crash', target: 'api', incidentId: incident.id });
  happens(stage);
  for (let pastMs = 0; pastMs < 30_000; pastMs += 1_000) {
    stage.wait(1_000);
    gatherSymptoms(turn(), []);
  }
  return incident.state;
}

test('it runs: over', () => expect(stateAfter(() => {})).toBe('resolved'));
test('it waits for its next start: not over', () =>
  expect(stateAfter((stage) => stage.end('api'))).not.toBe('resolved'));
test('a job that failed is not started again: over', () =>
  expect(
    stateAfter((stage) => {
      stage.end('api');
      stage.view('api', { state: 'failed' });
    }),
  ).toBe('resolved'));
