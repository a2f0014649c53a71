/** A raw sign starts a runbook only where none is written for the cause, and only while it holds. */
import { describe, expect, test } from 'vitest';
import { observe } from '../loop/collect/observe.ts';
import { service, stackOf } from '../loop/collect/stage.contract.ts';
import type { Diagnosis } from '../loop/diagnose/diagnosis.ts';
import { readRunbook } from '../loop/plan/read-runbook.ts';
import { treeOf } from '../loop/plan/reading/tree-of.contract.ts';
import { openLoop, workOf } from '../loop-state.ts';
import { act } from './act.ts';
import { openIncident } from './open-incident.ts';

type Trigger = Readonly<Record<string, unknown>>;

const startMs = 1_000_000;
const agoMs = 60_000;

const unknown: Diagnosis = {
  id: 'diagnosis-1',
  incidentId: 'INC-1',
  class: 'unknown',
  target: 'api',
  confidence: 0.3,
  sentence: 'api is not well',
  for: [],
  against: [],
  params: {},
  ruleId: 'unknown',
  symptomIds: [],
  affected: [],
  others: [],
  atMs: 0,
};

/** What came of an incident of `api` after so many seconds of looking each second. */
function after(seconds: number, triggers: Readonly<Record<string, Trigger>>, cause = unknown) {
  const state = openLoop(startMs - agoMs);
  state.restored = true;
  observe(state.picture, { kind: 'stack', stack: stackOf(service('api')) }, startMs - agoMs);
  for (const [name, trigger] of Object.entries(triggers)) {
    const steps = { a: { action: 'service.restart', with: { target: 'api' } } };
    const tree = { name, triggers: { any: [trigger] }, steps, verify: 'healthy(target)' };
    const { runbook, problems } = readRunbook(treeOf(tree), 'test');
    if (runbook === null) throw new RangeError(JSON.stringify(problems));
    state.runbooks.set(runbook.name, runbook);
  }
  const opened = { state, nowMs: startMs - agoMs, effects: [] };
  const incident = openIncident(opened, { root: 'api', title: 'not well', severity: 'error' });
  incident.diagnosis = cause;
  incident.symptoms = ['api:slow'] as unknown as typeof incident.symptoms;
  workOf(state, incident, startMs).looks = 3;
  for (let second = 0; second <= seconds; second += 1)
    act({ state, nowMs: startMs + second * 1_000, effects: [] }, incident);
  return { runs: incident.runIds.length, plans: incident.plans, escalated: incident.escalated };
}

const plansOf = (of: ReturnType<typeof after>) => of.plans.map(({ runbook }) => runbook);

describe('a cause that is not known', () => {
  test('with a sign that holds: its runbook is planned, at the odds of its author', () => {
    const seen = after(0, { own: { when: 'confidence < 0.5', for: '0s' } });
    expect(plansOf(seen)).toEqual(['own']);
    expect(seen.plans[0]?.success).toBeGreaterThan(0.4);
    expect(seen.escalated).toBe(false);
  });
  test('with a sign that does not hold: a person', () => {
    const seen = after(0, { own: { when: 'confidence > 0.5', for: '0s' } });
    expect(seen).toMatchObject({ plans: [], escalated: true });
  });
  test('with a sign that must hold for a while: not before', () => {
    const own = { when: 'confidence < 0.5', for: '10s' };
    expect(after(5, { own })).toMatchObject({ plans: [], escalated: false });
    expect(plansOf(after(20, { own }))).toEqual(['own']);
  });
});

test('a cause that no runbook is written for waits for its sign, and for no person', () => {
  const cause = { ...unknown, class: 'hang', confidence: 0.9 } as const;
  const own = { when: 'confidence > 0.5', for: '10s' };
  expect(after(5, { own }, cause)).toMatchObject({ plans: [], escalated: false });
  expect(plansOf(after(20, { own }, cause))).toEqual(['own']);
});

test('a cause that a runbook is written for is not given to a raw sign', () => {
  const cause = { ...unknown, class: 'hang', confidence: 0.9 } as const;
  const raw = { when: 'confidence > 0.5', for: '0s' };
  const seen = after(0, { raw, written: { diagnosis: ['hang'] } }, cause);
  expect(seen.plans[0]?.ranking.map(({ runbook }) => runbook)).not.toContain('raw');
  expect(plansOf(seen)).toEqual(['written']);
});
