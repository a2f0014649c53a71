/** A question to a person does not outlive what it was about, and holds nobody else up then. */
import { expect, test } from 'vitest';
import type { Plan } from '../loop/plan/plan.ts';
import { noteHold } from '../loop/plan/rail-notes.ts';
import type { Run } from '../loop/remedy/run.ts';
import { openLoop, type LoopState } from '../loop-state.ts';
import { stepLoop } from '../loop-step.ts';
import type { Incident } from './incident.ts';
import { openIncident } from './open-incident.ts';

const startMs = 1_000_000;

const plan: Plan = {
  id: 'plan-1',
  incidentId: 'INC-1',
  diagnosisId: 'diagnosis-1',
  runbook: 'mend',
  runbookVersion: 1,
  step: 'restart',
  params: {},
  targets: ['store'],
  risk: 'medium',
  success: 0.5,
  harm: 0.1,
  costS: 60,
  ranking: [],
  decision: { kind: 'approve', untilMs: startMs + 600_000 },
  reasons: [],
  atMs: startMs,
};

const run: Run = {
  id: 'run-1',
  incidentId: 'INC-1',
  plan,
  phase: 'awaiting',
  step: 'restart',
  attempts: [],
  startedMs: startMs,
  deadlineMs: startMs + 600_000,
  lastStepEndMs: null,
  windowFromMs: null,
  phaseSinceMs: startMs,
  wakeMs: startMs,
  evidence: [],
  verdict: null,
  outcome: null,
  escalation: null,
  tries: 0,
  ask: null,
  asked: [],
  asks: 0,
  rechecks: [],
  actor: 'fettle',
  approvedBy: null,
};

function asking(): Readonly<{ state: LoopState; incident: Incident; held: Run }> {
  const state = openLoop(startMs - 60_000);
  state.restored = true;
  const turn = { state, nowMs: startMs, effects: [] };
  const incident = openIncident(turn, { root: 'store', title: 'silent', severity: 'error' });
  const held = structuredClone(run);
  state.runs.set(held.id, held);
  incident.runIds.push(held.id);
  incident.state = 'awaiting-approval';
  const targets = ['store'];
  noteHold(state.rails, { runId: 'run-1', runbook: 'mend', dedupe: '', targets, sinceMs: startMs });
  return { state, incident, held };
}

test('well again before anybody answered', () => {
  const { state, held, incident } = asking();
  for (let pastMs = 0; pastMs <= 30_000; pastMs += 1_000)
    stepLoop(state, { kind: 'ticked' }, startMs + pastMs);
  expect(held).toMatchObject({ phase: 'ended', outcome: { kind: 'aborted' } });
  expect(state.rails.holds).toEqual([]);
  expect(incident.state).not.toBe('awaiting-approval');
});

test('closed by a person', () => {
  const { state, held, incident } = asking();
  const command = { kind: 'resolve', incidentId: incident.id } as const;
  stepLoop(state, { kind: 'commanded', command, actor: 'ann' }, startMs + 1_000);
  expect(held).toMatchObject({ phase: 'ended', outcome: { kind: 'aborted' } });
  expect(state.rails.holds).toEqual([]);
  expect(incident).toMatchObject({ state: 'resolved', closedBy: 'ann' });
});
