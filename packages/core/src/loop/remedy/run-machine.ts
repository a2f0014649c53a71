/**
 * Carries a run from its first step to its verification, and back again when that fails.
 *
 * Every change is made to the run's record, which the caller keeps before the effects are run. The
 * kill switch is asked before every step. A step's deed is asked for only after its pre-state was
 * captured and kept; what came of a deed is never guessed: after a crash it is observed.
 * Source: sagas with backward recovery (Garcia-Molina & Salem, "Sagas", 1987).
 */
import { assert } from '@fettle/sdk/assert';
import type { ActionSpec } from '../plan/action-spec.ts';
import type { Expression, FactCall, Value } from '../plan/expression/expression.ts';
import type { Runbook, Step } from '../plan/runbook.ts';
import type { OutcomeKind } from './outcome.ts';
import type { Attempt, Run } from './run.ts';
import type { ActParams, RunEffect } from './run-effects.ts';

/** Decides expressions in the context of a run. */
export type Judge = Readonly<{
  calls(expressions: readonly Expression[]): readonly FactCall[];
  /** One verdict per expression, given answers to those calls; unknown is false. */
  decide(
    expressions: readonly Expression[],
    calls: readonly FactCall[],
    answers: readonly Value[],
  ): readonly boolean[];
  /** A step's parameter with its `${…}` filled in. */
  fill(value: string | number | boolean): string | number | boolean;
}>;

export type Machine = Readonly<{
  run: Run;
  runbook: Runbook;
  judge: Judge;
  /** null: no such action. */
  specOf(action: string): ActionSpec | null;
  /** Why nothing may be done any more; null: go on. */
  stop: string | null;
  /** Why the step of an `on_fail` may not be done; null: it may. The plan's gate has not seen it. */
  refuse(step: string): string | null;
  nowMs: number;
  /** Filled by the functions below. */
  effects: RunEffect[];
}>;

const askMs = 3_000;
const evidenceMs = 6_000;
const captureMs = 5_000;
/** The shell answers within a step's time; later than this much after it, something is lost. */
const slackMs = 5_000;
/** Steps in one run, loops included. */
const longestWalk = 30;

export function beginRun(machine: Machine): void {
  const { run, runbook } = machine;
  if (run.evidence.length > 0 || runbook.evidence.length === 0) return enterStep(machine);
  move(machine, 'capturing', evidenceMs);
  const of = (name: string | null): string | null =>
    name === null ? null : String(machine.judge.fill(`\${${name}}`));
  const items = runbook.evidence.map((item) => ({ what: item.what, of: of(item.of) }));
  machine.effects.push({ kind: 'keep-evidence', runId: run.id, items });
}

export function takeEvidence(machine: Machine, files: readonly string[]): void {
  const { run } = machine;
  if (run.phase !== 'capturing') return;
  run.evidence = files;
  enterStep(machine);
}

/** Answers to the guards. */
export function takeAnswers(machine: Machine, ask: string, answers: readonly Value[]): void {
  const { run, judge } = machine;
  if (run.phase !== 'guarding' || run.ask !== ask) return;
  run.ask = null;
  const step = stepOf(machine);
  const verdicts = judge.decide(step.guard, run.asked, answers);
  const broken = step.guard.find((_guard, index) => verdicts[index] !== true);
  if (broken === undefined) return captureStep(machine);
  failStep(machine, `not done: the guard ${broken.text} does not hold`);
}

export function takeCapture(
  machine: Machine,
  captured: Readonly<{ key: string; ok: boolean; detail: string; capture: Value }>,
): void {
  const { run } = machine;
  const key = keyOf(run);
  if (run.phase !== 'acting' || captured.key !== key || current(run)?.key === key) return;
  if (machine.stop !== null) return halt(machine, machine.stop);
  if (!captured.ok) return failStep(machine, captured.detail);
  const step = stepOf(machine);
  const params = paramsOf(machine, step);
  run.attempts.push({
    key,
    step: step.id,
    action: step.action,
    params,
    target: String(params['target'] ?? params['service'] ?? run.plan.targets[0] ?? ''),
    state: 'started',
    startedMs: machine.nowMs,
    endedMs: null,
    detail: captured.detail,
    capture: captured.capture,
    reversible: machine.specOf(step.action)?.irreversible === null && step.undo === 'action',
    evidence: [],
  });
  move(machine, 'acting', step.timeoutMs + slackMs);
  machine.effects.push({ kind: 'act', ...deedOf(run, run.attempts.length - 1, step.timeoutMs) });
}

export function takeResult(
  machine: Machine,
  result: Readonly<{ key: string; ok: boolean; detail: string }>,
): void {
  const { run, nowMs } = machine;
  const attempt = current(run);
  const isDue = run.phase === 'acting' || run.phase === 'observing';
  if (!isDue || attempt?.key !== result.key || attempt.state !== 'started') return;
  attempt.state = result.ok ? 'done' : 'failed';
  attempt.detail = result.detail;
  attempt.endedMs = nowMs;
  if (!result.ok) return failStep(machine, result.detail);
  run.lastStepEndMs = nowMs;
  goTo(machine, stepOf(machine).next);
}

/** After a crash, or when no answer came: what became of the deed? */
export function takeObservation(
  machine: Machine,
  key: string,
  seen: 'done' | 'not-done' | 'unknown',
): void {
  const { run } = machine;
  const attempt = current(run);
  if (run.phase !== 'observing' || attempt?.key !== key) return;
  if (seen === 'done') return takeResult(machine, { key, ok: true, detail: 'found done' });
  if (seen === 'not-done') return takeResult(machine, { key, ok: false, detail: 'found not done' });
  attempt.state = 'unknown';
  attempt.endedMs = machine.nowMs;
  run.escalation = `whether ${attempt.action} on ${attempt.target} took effect is not known`;
  end(machine, 'unknown', run.escalation);
}

export function takeUndone(
  machine: Machine,
  result: Readonly<{ key: string; ok: boolean; detail: string }>,
): void {
  const { run, nowMs } = machine;
  const attempt = run.attempts.find(({ key }) => key === result.key);
  if (run.phase !== 'undoing' || attempt?.state !== 'undoing') return;
  attempt.state = result.ok ? 'undone' : 'undo-failed';
  attempt.detail = result.detail;
  attempt.endedMs = nowMs;
  if (!result.ok)
    run.escalation = `${attempt.action} on ${attempt.target} could not be undone: ${result.detail}`;
  undoNext(machine);
}

/** Deadlines, back-off, the kill switch. */
export function tickRun(machine: Machine): void {
  const { run, nowMs, stop } = machine;
  if (run.phase === 'ended' || run.phase === 'awaiting') return;
  if (run.phase === 'undoing') return tickUndo(machine);
  const mayHalt = run.phase !== 'acting' && run.phase !== 'observing';
  if (stop !== null && mayHalt) return halt(machine, stop);
  if (run.wakeMs === null || nowMs < run.wakeMs) return;
  switch (run.phase) {
    case 'capturing':
      return takeEvidence(machine, []);
    case 'guarding':
      return takeAnswers(machine, run.ask ?? '', []);
    case 'backing-off':
      return enterStep(machine);
    case 'acting':
      return current(run)?.key === keyOf(run)
        ? observe(machine)
        : failStep(machine, 'no pre-state');
    case 'observing':
      return takeObservation(machine, current(run)?.key ?? '', 'unknown');
    case 'verifying':
      return;
    default:
      return run.phase satisfies never;
  }
}

function tickUndo(machine: Machine): void {
  const { run, nowMs } = machine;
  const going = run.attempts.find(({ state }) => state === 'undoing');
  if (going === undefined || run.wakeMs === null || nowMs < run.wakeMs) return;
  takeUndone(machine, { key: going.key, ok: false, detail: 'no answer in time' });
}

/** Undo what can be undone, last first, then end as told. */
export function giveUp(machine: Machine, kind: OutcomeKind, text: string): void {
  const { run } = machine;
  run.verdict = { kind, text, evidence: [] };
  undoNext(machine);
}

export function finish(machine: Machine, kind: OutcomeKind, text: string): void {
  end(machine, kind, text);
}

/** After a restart of ours: takes up each phase where its effects may be repeated. */
export function resumeRun(machine: Machine): void {
  const { run, nowMs } = machine;
  run.ask = null;
  switch (run.phase) {
    case 'awaiting':
    case 'ended':
      return;
    case 'capturing':
    case 'guarding':
    case 'backing-off':
      return beginRun(machine);
    case 'acting':
    case 'observing':
      return current(run)?.key === keyOf(run) ? observe(machine) : enterStep(machine);
    case 'verifying':
      // Nothing was seen while we were away: the clean window begins anew.
      run.lastStepEndMs = nowMs;
      run.phaseSinceMs = nowMs;
      return;
    case 'undoing': {
      const going = run.attempts.findIndex(({ state }) => state === 'undoing');
      if (going < 0) return undoNext(machine);
      machine.effects.push({ kind: 'undo', ...deedOf(run, going, captureMs * 6) });
      return;
    }
    default:
      return run.phase satisfies never;
  }
}

function enterStep(machine: Machine): void {
  const { run, judge, nowMs } = machine;
  if (machine.stop !== null) return halt(machine, machine.stop);
  if (nowMs > run.deadlineMs) return giveUp(machine, 'no-effect', 'its time was over');
  if (run.attempts.length >= longestWalk) return giveUp(machine, 'no-effect', 'too many steps');
  const step = stepOf(machine);
  if (isWords(step.action)) return sayStep(machine, step);
  if (step.guard.length === 0) return captureStep(machine);
  move(machine, 'guarding', askMs + slackMs);
  const question = askAbout(machine, judge.calls(step.guard));
  if (question !== null) takeAnswers(machine, question, []);
}

/** The question's name when there is nothing to ask: it is answered already. */
export function askAbout({ run, effects }: Machine, calls: readonly FactCall[]): string | null {
  run.asks += 1;
  run.ask = `${run.id}#${run.asks}`;
  run.asked = calls;
  if (calls.length === 0) return run.ask;
  effects.push({ kind: 'ask', ask: run.ask, calls, timeoutMs: askMs });
  return null;
}

/** Steps that are only words to people. */
const isWords = (action: string): boolean => ['escalate', 'manual', 'notify'].includes(action);

function sayStep(machine: Machine, step: Step): void {
  const { run, judge, nowMs } = machine;
  const { reason, text } = step.with;
  const said = String(judge.fill(reason ?? text ?? step.note ?? 'a person must look'));
  const key = keyOf(run);
  run.attempts.push({
    key,
    step: step.id,
    action: step.action,
    params: paramsOf(machine, step),
    target: run.plan.targets[0] ?? '',
    state: 'done',
    startedMs: nowMs,
    endedMs: nowMs,
    detail: said,
    capture: null,
    reversible: false,
    evidence: [],
  });
  if (step.action === 'notify') return goTo(machine, step.next);
  run.escalation = said;
  end(machine, 'aborted', `handed to a person: ${said}`);
}

function captureStep(machine: Machine): void {
  const { run } = machine;
  const step = stepOf(machine);
  run.tries += 1;
  move(machine, 'acting', captureMs + slackMs);
  machine.effects.push({
    kind: 'capture',
    key: keyOf(run),
    action: step.action,
    params: paramsOf(machine, step),
    timeoutMs: captureMs,
  });
}

function failStep(machine: Machine, detail: string): void {
  const { run, nowMs } = machine;
  const step = stepOf(machine);
  if (run.tries > 0 && run.tries < step.retry.attempts) {
    const waitMs = step.retry.backoffMs * step.retry.factor ** (run.tries - 1);
    return move(machine, 'backing-off', Math.min(waitMs, Math.max(0, run.deadlineMs - nowMs)));
  }
  const refusal = step.onFail === null ? null : machine.refuse(step.onFail);
  if (refusal !== null) run.escalation = `${step.onFail} is not done: ${refusal}`;
  else if (step.onFail !== null) return goTo(machine, step.onFail);
  giveUp(machine, 'no-effect', `${step.action} failed: ${detail}`);
}

function goTo(machine: Machine, next: string): void {
  const { run, nowMs } = machine;
  if (next === 'verify') {
    run.phase = 'verifying';
    run.phaseSinceMs = nowMs;
    run.wakeMs = nowMs;
    run.lastStepEndMs ??= nowMs;
    return;
  }
  if (next === 'end') return end(machine, 'aborted', 'ended without a cure, as written');
  run.step = next;
  run.tries = 0;
  enterStep(machine);
}

function observe(machine: Machine): void {
  const { run } = machine;
  move(machine, 'observing', captureMs + slackMs);
  machine.effects.push({ kind: 'observe-act', ...deedOf(run, run.attempts.length - 1, captureMs) });
}

function halt(machine: Machine, reason: string): void {
  giveUp(machine, 'aborted', reason);
}

function undoNext(machine: Machine): void {
  const { run } = machine;
  const index = run.attempts.findLastIndex(
    ({ state, reversible }) => reversible && state === 'done',
  );
  const attempt = run.attempts[index];
  if (attempt === undefined) {
    const { kind, text } = run.verdict ?? { kind: 'aborted', text: 'given up' };
    return end(machine, kind, text);
  }
  attempt.state = 'undoing';
  move(machine, 'undoing', captureMs * 6 + slackMs);
  machine.effects.push({ kind: 'undo', ...deedOf(run, index, captureMs * 6) });
}

function end(machine: Machine, kind: OutcomeKind, text: string): void {
  const { run, nowMs } = machine;
  const undone = run.attempts.some(({ state }) => state === 'undone');
  run.phase = 'ended';
  run.phaseSinceMs = nowMs;
  run.wakeMs = null;
  run.outcome = { kind, text, evidence: run.verdict?.evidence ?? [], undone, atMs: nowMs };
}

function move({ run, nowMs }: Machine, phase: Run['phase'], withinMs: number): void {
  run.phase = phase;
  run.phaseSinceMs = nowMs;
  run.wakeMs = nowMs + withinMs;
}

function stepOf({ run, runbook }: Machine): Step {
  const step = runbook.steps.get(run.step);
  assert(step !== undefined, `run ${run.id} is at a step that its runbook has`);
  return step;
}

/** What the diagnosis does not know is left out: the action says what it cannot do without. */
function paramsOf({ judge }: Machine, step: Step): ActParams {
  const filled = Object.entries(step.with).map(([name, value]) => [name, judge.fill(value)]);
  return Object.fromEntries(filled.filter(([, value]) => value !== ''));
}

const current = (run: Run): Attempt | undefined => run.attempts.at(-1);

/** The same until the attempt is made, and after it while that attempt is the newest try. */
function keyOf(run: Run): string {
  const made = run.attempts.filter(({ step }) => step === run.step).length;
  const newest = current(run);
  const isOpen = newest !== undefined && newest.step === run.step && newest.state === 'started';
  return `${run.id}/${run.step}/${isOpen ? made : made + 1}`;
}

function deedOf(
  run: Run,
  index: number,
  timeoutMs: number,
): Omit<RunEffect & { kind: 'act' }, 'kind'> {
  const attempt = run.attempts[index];
  assert(attempt !== undefined, `run ${run.id} has attempt ${index}`);
  const { key, action, params, capture } = attempt;
  return { key, action, params, capture, timeoutMs };
}
