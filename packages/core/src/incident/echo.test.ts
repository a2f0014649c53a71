/** What a person closed is not opened again for symptoms whose windows still reach back. */
import { expect, test } from 'vitest';
import { service, stackOf } from '../loop/collect/stage.contract.ts';
import { observe } from '../loop/collect/observe.ts';
import type { Symptom } from '../loop/detect/symptom.ts';
import { openIncidents, openLoop } from '../loop-state.ts';
import { close, gatherSymptoms } from './gather.ts';

const startMs = 1_000_000;
const errors: Symptom = {
  id: 'sym-1',
  kind: 'errors',
  target: 'api',
  key: 'errors:api',
  severity: 'error',
  sinceMs: startMs - 20_000,
  atMs: startMs,
  text: '40 % of requests to api fail',
  evidence: [],
  causedBy: null,
};

/** Open incidents so long after this one closed the first. */
function openAfter(by: string, afterMs: number, sinceMs = errors.sinceMs): number {
  const state = openLoop(startMs - 60_000);
  observe(state.picture, { kind: 'stack', stack: stackOf(service('api')) }, startMs - 60_000);
  const turn = { state, nowMs: startMs, effects: [] };
  gatherSymptoms(turn, [errors]);
  const [first] = openIncidents(state);
  close(turn, first!, by);
  const nowMs = startMs + afterMs;
  gatherSymptoms({ ...turn, nowMs }, [{ ...errors, sinceMs, atMs: nowMs }]);
  return openIncidents(state).length;
}

test('an echo', () => expect(openAfter('ann', 10_000)).toBe(0));
test('it outlasts every window', () => expect(openAfter('ann', 120_000)).toBe(1));
test('it began anew', () => expect(openAfter('ann', 10_000, startMs + 5_000)).toBe(1));
test('Fettle closed it while nothing showed', () => expect(openAfter('fettle', 10_000)).toBe(1));
