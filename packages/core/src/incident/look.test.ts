/** While a cure is under way, a weaker word on what it has not yet cured changes nothing. */
import { expect, test } from 'vitest';
import { service, stackOf } from '../loop/collect/stage.contract.ts';
import type { Diagnosis } from '../loop/diagnose/diagnosis.ts';
import type { Run } from '../loop/remedy/run.ts';
import { openLoop, workOf } from '../loop-state.ts';
import { stepLoop } from '../loop-step.ts';
import { openIncident } from './open-incident.ts';

const nowMs = 1_000_000;

/** The class after a look that finds no more than lines of a full disk. */
function classAfter(
  confidence: number,
  phase: Run['phase'] | null,
  { cause = 'inode_exhaustion', actor = 'fettle' } = {},
): string | undefined {
  const state = openLoop(nowMs - 60_000);
  state.restored = true;
  const lines = Array<string>(4).fill("OSError: [Errno 28] No space left on device: '/d/x'");
  const counts = { skippedLines: 0, bytes: 200 };
  const said = { kind: 'lines', service: 'store', instance: 'store.1', lines, ...counts } as const;
  const observations = [
    { kind: 'stack', stack: stackOf(service('store')) } as const,
    { ...said, atMs: nowMs },
  ];
  stepLoop(state, { kind: 'observed', observations }, nowMs);
  const turn = { state, nowMs, effects: [] };
  const incident = openIncident(turn, { root: 'store', title: 'ill', severity: 'error' });
  incident.services = ['store'];
  incident.diagnosis = { class: cause, target: '@disk:/d', confidence } as Diagnosis;
  if (phase !== null) {
    const of = { id: 'run-1', incidentId: incident.id, startedMs: nowMs, plan: { targets: [] } };
    state.runs.set('run-1', { ...of, phase, actor, attempts: [] } as never);
    incident.runIds.push('run-1');
  }
  workOf(state, incident, nowMs).examSinceMs = nowMs;
  const exams: never[] = [];
  stepLoop(state, { kind: 'examined', incidentId: incident.id, exams }, nowMs + 10);
  return incident.diagnosis?.class;
}

test('nothing is under way: the newest word stands', () =>
  expect(classAfter(0.95, null)).toBe('disk_full'));
test('a surer cause is being mended', () =>
  expect(classAfter(0.95, 'verifying')).toBe('inode_exhaustion'));
test('what is being mended was a guess', () =>
  expect(classAfter(0.1, 'verifying')).toBe('disk_full'));
test('somebody is only asked', () => expect(classAfter(0.95, 'awaiting')).toBe('disk_full'));

const byReflex = { actor: 'supervisor' };
test('a leak that the supervisor ended leaves no traces', () =>
  expect(classAfter(0.9, 'verifying', { ...byReflex, cause: 'fd_leak' })).toBe('fd_leak'));
test('what else the supervisor mended yields to what is found', () =>
  expect(classAfter(0.9, 'verifying', { ...byReflex, cause: 'crash' })).toBe('disk_full'));
