/** What still shows right after a cure is its echo. */
import { expect, test } from 'vitest';
import type { Symptom } from '../loop/detect/symptom.ts';
import type { OutcomeKind } from '../loop/remedy/outcome.ts';
import type { Run } from '../loop/remedy/run.ts';
import { openLoop } from '../loop-state.ts';
import { isCured } from './cured.ts';
import { openIncident } from './open-incident.ts';
import { takeReflex } from './reflexes.ts';

const startMs = 1_000_000;

/** The only symptom began at `sinceMs`; a run ended so at `startMs`, a reflex came before that. */
function curedAt(afterMs: number, kind: OutcomeKind, sinceMs = startMs - 30_000): boolean {
  const state = openLoop(startMs - 60_000);
  const turn = { state, nowMs: startMs - 5_000, effects: [] };
  const incident = openIncident(turn, { root: 'store', title: 'gone', severity: 'error' });
  incident.services.push('store', 'worker');
  incident.symptoms = [{ sinceMs } as Symptom];
  const outcome = { kind, text: '', evidence: [], undone: false, atMs: startMs };
  const done: Partial<Run> = { id: 'run-0', phase: 'ended', actor: 'fettle', outcome };
  state.runs.set('run-0', done as Run);
  incident.runIds.push('run-0');
  takeReflex(turn, {
    kind: 'reflex',
    service: 'worker',
    instance: 'worker.1',
    action: 'service.restart',
    reason: 'hang',
    token: 't-1',
  });
  return isCured({ ...turn, nowMs: startMs + afterMs }, incident);
}

test('also where a neighbour was restarted at once meanwhile', () =>
  expect(curedAt(1_000, 'fixed')).toBe(true));
test('not for ever', () => expect(curedAt(100_000, 'fixed')).toBe(false));
test('not where it began anew', () =>
  expect(curedAt(10_000, 'fixed', startMs + 5_000)).toBe(false));
test('not after what had no effect', () => expect(curedAt(1_000, 'no-effect')).toBe(false));
