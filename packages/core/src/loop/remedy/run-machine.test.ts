/** A run's life with a scripted world: every order of answers, crashes between any two of them. */
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'vitest';
import type { Runbook, Step } from '../plan/runbook.ts';
import { tickVerification } from '../verify/verify-run.ts';
import type { Run } from './run.ts';
import {
  beginRun,
  resumeRun,
  takeCapture,
  takeEvidence,
  takeObservation,
  takeResult,
  takeUndone,
  tickRun,
  type Machine,
} from './run-machine.ts';

const step = (id: string, fields: Partial<Step> = {}): Step => ({
  id,
  action: 'service.start',
  with: { target: 'db' },
  timeoutMs: 5_000,
  retry: { attempts: 1, backoffMs: 1_000, factor: 2 },
  guard: [],
  undo: 'action',
  risk: null,
  approvalRequired: false,
  next: 'verify',
  onFail: null,
  note: null,
  ...fields,
});

const runbookOf = (...steps: readonly Step[]): Runbook => ({
  name: 'db',
  version: 1,
  description: '',
  owner: null,
  origin: 'test',
  tests: [],
  triggers: [],
  neverWhen: [],
  dedupe: 'db',
  parameters: [],
  risk: { base: 'low', dataLoss: false, reversible: true },
  approval: { when: null, timeoutMs: null },
  limits: { cooldownMs: null, maxRuns: null, deadlineMs: null, maxTargets: null },
  evidence: [{ what: 'logs', of: 'target' }],
  diagnose: [{ when: null, goto: steps[0]?.id ?? '' }],
  steps: new Map(steps.map((one) => [one.id, one])),
  verify: { settleMs: 1_000, windowMs: 3_000, require: [], forbid: [] },
  watchMs: [],
  escalate: { severity: 'error', reason: null },
  expectedSuccess: null,
});

const newRun = (first: string): Run => ({
  id: 'run-1',
  incidentId: 'INC-1',
  plan: { targets: ['db'] } as unknown as Run['plan'],
  phase: 'capturing',
  step: first,
  attempts: [],
  startedMs: 0,
  deadlineMs: 60_000,
  lastStepEndMs: null,
  windowFromMs: null,
  phaseSinceMs: 0,
  wakeMs: null,
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
});

function rig(...steps: readonly Step[]) {
  const runbook = runbookOf(...steps);
  let run = newRun(steps[0]?.id ?? '');
  let nowMs = 0;
  let stop: string | null = null;
  const at = (): Machine => ({
    run,
    runbook,
    judge: { calls: () => [], decide: (all) => all.map(() => true), fill: (value) => value },
    specOf: () => ({ irreversible: null }) as unknown as ReturnType<Machine['specOf']>,
    stop,
    refuse: (id) => (id === 'risky' ? 'the risk is high' : null),
    nowMs,
    effects: [],
  });
  return {
    get run() {
      return run;
    },
    /** Answers with what it asked for: `act run-1/a/1`. */
    turn(act: (machine: Machine) => void, afterMs = 0): readonly string[] {
      nowMs += afterMs;
      const machine = at();
      act(machine);
      return machine.effects.map((effect) => `${effect.kind} ${'key' in effect ? effect.key : ''}`);
    },
    /** The controller dies and comes back with what was kept. */
    crash: () => void (run = structuredClone(run)),
    stopAll: () => void (stop = 'emergency stop'),
  };
}

const captured = (key: string) => (machine: Machine) =>
  takeCapture(machine, { key, ok: true, detail: '', capture: { was: 'down' } });
const acted =
  (key: string, ok = true) =>
  (machine: Machine) =>
    takeResult(machine, { key, ok, detail: ok ? '' : 'it would not start' });

test('evidence, pre-state, act, clean window: in this order', () => {
  const { turn, run } = rig(step('a'));
  deepEqual(turn(beginRun), ['keep-evidence ']);
  deepEqual(
    turn((machine) => takeEvidence(machine, ['x'])),
    ['capture run-1/a/1'],
  );
  deepEqual(turn(captured('run-1/a/1')), ['act run-1/a/1']);
  equal(run.attempts[0]?.state, 'started');
  deepEqual(turn(acted('run-1/a/1')), []);
  equal(run.phase, 'verifying');
  turn(tickVerification, 2_000);
  const outcome = () => run.outcome?.kind ?? null;
  equal(outcome(), null);
  turn(tickVerification, 2_500);
  equal(outcome(), 'fixed');
});
test('the step of an on_fail is done, unless the gate refuses it: then a person is called', () => {
  for (const other of ['b', 'risky']) {
    const { turn, run } = rig(step('a', { onFail: other }), step(other));
    turn(beginRun);
    turn((machine) => takeEvidence(machine, []));
    turn(captured('run-1/a/1'));
    const next = turn(acted('run-1/a/1', false));
    deepEqual(next, other === 'b' ? ['capture run-1/b/1'] : []);
    equal(run.outcome?.kind ?? null, other === 'b' ? null : 'no-effect');
    equal(run.escalation, other === 'b' ? null : 'risky is not done: the risk is high');
  }
});
test('a failed step is tried again after its back-off, under another key', () => {
  const { turn, run } = rig(step('a', { retry: { attempts: 2, backoffMs: 1_000, factor: 2 } }));
  turn(beginRun);
  turn((machine) => takeEvidence(machine, []));
  turn(captured('run-1/a/1'));
  deepEqual(turn(acted('run-1/a/1', false)), []);
  deepEqual(turn(tickRun, 500), []);
  deepEqual(turn(tickRun, 600), ['capture run-1/a/2']);
  turn(captured('run-1/a/2'));
  turn(acted('run-1/a/2', false));
  deepEqual([run.phase, run.outcome?.kind], ['ended', 'no-effect']);
});
test('what was done is undone in reverse order when the last step fails', () => {
  const { turn, run } = rig(step('a', { next: 'b' }), step('b', { next: 'c' }), step('c'));
  turn(beginRun);
  turn((machine) => takeEvidence(machine, []));
  for (const name of ['a', 'b']) {
    turn(captured(`run-1/${name}/1`));
    turn(acted(`run-1/${name}/1`));
  }
  turn(captured('run-1/c/1'));
  deepEqual(turn(acted('run-1/c/1', false)), ['undo run-1/b/1']);
  const undone = (key: string) => (machine: Machine) =>
    takeUndone(machine, { key, ok: true, detail: '' });
  deepEqual(turn(undone('run-1/b/1')), ['undo run-1/a/1']);
  turn(undone('run-1/a/1'));
  deepEqual([run.outcome?.kind, run.outcome?.undone], ['no-effect', true]);
});
test('an undo that fails or never answers reaches a person', () => {
  const { turn, run } = rig(step('a', { next: 'b' }), step('b'));
  turn(beginRun);
  turn((machine) => takeEvidence(machine, []));
  turn(captured('run-1/a/1'));
  turn(acted('run-1/a/1'));
  turn(captured('run-1/b/1'));
  turn(acted('run-1/b/1', false));
  turn(tickRun, 120_000);
  equal(run.phase, 'ended');
  equal(run.escalation?.includes('could not be undone'), true);
});
test('the kill switch stops before the next step, and takes back', () => {
  const { turn, run, stopAll } = rig(step('a', { next: 'b' }), step('b'));
  turn(beginRun);
  turn((machine) => takeEvidence(machine, []));
  turn(captured('run-1/a/1'));
  stopAll();
  deepEqual(turn(acted('run-1/a/1')), ['undo run-1/a/1']);
  turn((machine) => takeUndone(machine, { key: 'run-1/a/1', ok: true, detail: '' }));
  equal(run.outcome?.kind, 'aborted');
});
test('an act whose answer was lost in a crash is observed, never guessed nor repeated', () => {
  for (const seen of ['done', 'not-done', 'unknown'] as const) {
    const life = rig(step('a'));
    life.turn(beginRun);
    life.turn((machine) => takeEvidence(machine, []));
    life.turn(captured('run-1/a/1'));
    life.crash();
    deepEqual(life.turn(resumeRun), ['observe-act run-1/a/1']);
    life.turn((machine) => takeObservation(machine, 'run-1/a/1', seen));
    const { phase, outcome, escalation } = life.run;
    if (seen === 'done') equal(phase, 'verifying');
    else equal(outcome?.kind, seen === 'unknown' ? 'unknown' : 'no-effect');
    equal(escalation !== null, seen === 'unknown');
  }
});
test('a late answer to a step that is over changes nothing', () => {
  const { turn, run } = rig(step('a'));
  turn(beginRun);
  turn((machine) => takeEvidence(machine, []));
  turn(captured('run-1/a/1'));
  turn(acted('run-1/a/1'));
  turn(acted('run-1/a/1', false));
  turn(captured('run-1/a/1'));
  deepEqual([run.phase, run.attempts.length], ['verifying', 1]);
});
