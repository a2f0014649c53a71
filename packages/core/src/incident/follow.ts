/** What becomes of a run: its machine's turns, its outcome, what is learnt, and looks back later. */
import { formatDuration } from '@fettle/sdk/duration';
import { noteAct, noteBegin, noteOutcome } from '../loop/plan/rail-notes.ts';
import { pauseOf, type Rails } from '../loop/plan/rails.ts';
import { actionSpecs } from '../loop/plan/action-specs.ts';
import type { OutcomeKind } from '../loop/remedy/outcome.ts';
import { isReflex, type Run } from '../loop/remedy/run.ts';
import type { RunEffect } from '../loop/remedy/run-effects.ts';
import { beginRun, giveUp, resumeRun, tickRun, type Machine } from '../loop/remedy/run-machine.ts';
import { tickVerification } from '../loop/verify/verify-run.ts';
import {
  activeRun,
  rememberIncident,
  rememberRun,
  runsOf,
  workOf,
  type Turn,
} from '../loop-state.ts';
import type { Incident } from './incident.ts';
import { judgeOf } from './judge.ts';
import { learn } from './learn.ts';
import { escalate } from './notify.ts';
import { refusalOf } from './plan-input.ts';
import { tell } from './timeline.ts';

/** Runs one turn of a run's machine and draws the conclusions. */
export function turnRun(turn: Turn, run: Run, act: (machine: Machine) => void): void {
  const { state, nowMs, effects } = turn;
  const runbook = state.runbooks.get(run.plan.runbook);
  const incident = state.incidents.get(run.incidentId);
  if (incident === undefined || run.phase === 'ended') return;
  const before = JSON.stringify(run);
  const made: RunEffect[] = [];
  if (runbook === undefined) {
    const text = `the runbook ${run.plan.runbook} is not there any more`;
    return concludeRun(turn, incident, run, { kind: 'aborted', text });
  }
  const attempts = run.attempts.length;
  const machine: Machine = {
    run,
    runbook,
    judge: judgeOf(turn, run),
    specOf: (action) => actionSpecs.get(action) ?? null,
    stop: stopOf(state.rails, run.plan.targets, nowMs),
    refuse: (step) => refusalOf(turn, run, step),
    nowMs,
    effects: made,
  };
  act(machine);
  if (JSON.stringify(run) === before && made.length === 0) return;
  rememberRun(state, run);
  effects.push(...made);
  for (const attempt of run.attempts.slice(attempts)) tellAttempt(turn, incident, run, attempt);
  if (incident.state !== 'resolved') incident.state = stateOf(run);
  rememberIncident(state, incident);
  if (isEnded(run)) concludeRun(turn, incident, run, null);
}

/** The kill switch: why nothing may be done any more; null: go on. */
function stopOf(rails: Rails, targets: readonly string[], nowMs: number): string | null {
  if (rails.stopped !== null) return `emergency stop by ${rails.stopped.by}`;
  for (const name of [null, ...targets]) {
    const pause = pauseOf(rails, name, nowMs);
    if (pause !== null) return `${name ?? 'healing'} is paused by ${pause.by}`;
  }
  return null;
}

const isEnded = (run: Run): boolean => run.phase === 'ended';

function stateOf({ phase }: Run): Incident['state'] {
  if (phase === 'awaiting') return 'awaiting-approval';
  return phase === 'verifying' ? 'verifying' : 'healing';
}

function tellAttempt(
  turn: Turn,
  incident: Incident,
  run: Run,
  attempt: Run['attempts'][number],
): void {
  const { state, nowMs, effects } = turn;
  const text = `${run.plan.runbook}: ${attempt.action} on ${attempt.target || 'the stack'}`;
  noteAct(state.rails, { targets: [attempt.target], runId: run.id, action: attempt.action }, nowMs);
  state.changed.add('rail:rails');
  tell(incident, { atMs: nowMs, kind: 'step', text: `${text} (${attempt.step})` });
  effects.push({
    kind: 'tell',
    topic: 'healing.step',
    severity: 'warn',
    service: state.picture.services.has(attempt.target) ? attempt.target : null,
    text: `${incident.id}: ${text}`,
    data: { incident: incident.id, run: run.id, step: attempt.step, action: attempt.action },
  });
}

/** `outcome` null: the run has one. */
export function concludeRun(
  turn: Turn,
  incident: Incident,
  run: Run,
  outcome: Readonly<{ kind: OutcomeKind; text: string }> | null,
): void {
  const { state, nowMs, effects } = turn;
  if (outcome !== null) {
    run.phase = 'ended';
    run.wakeMs = null;
    run.outcome = { ...outcome, evidence: [], undone: false, atMs: nowMs };
  }
  const ended = run.outcome;
  if (ended === null) return;
  const isFixed = ended.kind === 'fixed';
  if (isFixed)
    run.rechecks.push(
      ...state.policy.recheckMs.map((afterMs) => ({ dueMs: nowMs + afterMs, well: null })),
    );
  const undone = ended.undone ? ', undone' : '';
  const text = `${run.plan.runbook}: ${ended.kind}${undone}: ${ended.text}`;
  tell(incident, { atMs: nowMs, kind: 'outcome', text });
  noteOutcome(state.rails, { runId: run.id, result: ended.kind }, { policy: state.policy, nowMs });
  state.changed.add('rail:rails');
  learn(turn, incident, run);
  effects.push({
    kind: 'tell',
    topic: 'healing.outcome',
    severity: isFixed ? 'info' : 'error',
    service: state.picture.services.has(incident.root) ? incident.root : null,
    text: `${incident.id}: ${text}`,
    data: { incident: incident.id, run: run.id, outcome: ended.kind, undone: ended.undone },
  });
  rememberRun(state, run);
  rememberIncident(state, incident);
  // A person closed it meanwhile: what was under way ends in good order, and no more.
  if (incident.state === 'resolved') return;
  const other = activeRun(state, incident);
  incident.state = other !== null ? stateOf(other) : isFixed ? 'verifying' : restingState(incident);
  const work = workOf(state, incident, nowMs);
  work.plannedFor = '';
  work.nextLookMs = nowMs + 1_000;
  if (run.escalation !== null) escalate(turn, incident, run.escalation);
  else if (isFixed) callWhenChronic(turn, incident);
  else if (!isReflex(run) && run.attempts.length > 0) incident.diagnosis = weaker(incident);
}

function restingState({ escalated }: Incident): Incident['state'] {
  return escalated ? 'escalated' : 'open';
}

/** What was done for it did not help: the next look may find another cause. */
function weaker({ diagnosis }: Incident): Incident['diagnosis'] {
  if (diagnosis === null) return null;
  return { ...diagnosis, confidence: diagnosis.confidence * 0.9 };
}

/** Mending the same thing again and again hides chronic trouble: a person is told. */
function callWhenChronic(turn: Turn, incident: Incident): void {
  const { state, nowMs } = turn;
  const { heals, withinMs } = state.policy.chronic;
  const { diagnosis, root } = incident;
  const alike = [...state.runs.values()].filter(({ outcome, plan, incidentId }) => {
    if (outcome?.kind !== 'fixed' && outcome?.kind !== 'fixed-then-recurred') return false;
    const other = state.incidents.get(incidentId);
    const isSame = plan.targets[0] === root && other?.diagnosis?.class === diagnosis?.class;
    return isSame && nowMs - outcome.atMs <= withinMs;
  });
  if (alike.length < heals) return;
  escalate(turn, incident, `mended ${alike.length} times in ${formatDuration(withinMs)}: ${root}`);
}

/** Everything of runs that only time moves. */
export function tickRuns(turn: Turn): void {
  const { state, nowMs } = turn;
  for (const run of state.runs.values()) {
    if (run.phase === 'ended' || isReflex(run)) continue;
    if (run.phase === 'awaiting') expireApproval(turn, run);
    else turnRun(turn, run, run.phase === 'verifying' ? tickVerification : tickRun);
  }
  for (const run of state.runs.values()) lookBack(turn, run, nowMs);
}

function expireApproval(turn: Turn, run: Run): void {
  const { decision } = run.plan;
  if (decision.kind !== 'approve' || turn.nowMs < decision.untilMs) return;
  const incident = turn.state.incidents.get(run.incidentId);
  if (incident === undefined) return;
  run.escalation = 'nobody approved in time';
  concludeRun(turn, incident, run, { kind: 'aborted', text: 'nobody approved in time' });
}

/** Nobody needs to answer any more: what waits for a yes would meet a service that is well. */
export function withdrawAsked(turn: Turn, incident: Incident, text: string): void {
  for (const run of runsOf(turn.state, incident))
    if (run.phase === 'awaiting') concludeRun(turn, incident, run, { kind: 'aborted', text });
}

export function approveRun(turn: Turn, runId: string, actor: string): void {
  const { state, nowMs } = turn;
  const run = state.runs.get(runId);
  const incident = run === undefined ? undefined : state.incidents.get(run.incidentId);
  if (run === undefined || incident === undefined || run.phase !== 'awaiting') return;
  run.approvedBy = actor;
  run.deadlineMs += nowMs - run.startedMs;
  run.startedMs = nowMs;
  const hold = state.rails.holds.find((one) => one.runId === runId);
  if (hold !== undefined) noteBegin(state.rails, { ...hold, sinceMs: nowMs }, run.step);
  state.changed.add('rail:rails');
  tell(incident, { atMs: nowMs, kind: 'person', text: `${actor} approved ${run.plan.runbook}` });
  turnRun(turn, run, beginRun);
}

export function rejectRun(turn: Turn, runId: string, reason: string, actor: string): void {
  const run = turn.state.runs.get(runId);
  if (run === undefined || run.phase !== 'awaiting') return;
  const incident = turn.state.incidents.get(run.incidentId);
  if (incident === undefined) return;
  const text = `${actor} rejected it${reason === '' ? '' : `: ${reason}`}`;
  run.escalation = text;
  concludeRun(turn, incident, run, { kind: 'aborted', text });
}

/** After a restart of the controller. */
export function resumeRuns(turn: Turn): void {
  for (const run of turn.state.runs.values())
    if (run.phase !== 'ended' && !isReflex(run)) turnRun(turn, run, resumeRun);
}

/** Emergency stop: what is between two steps ends now; a step under way is finished first. */
export function stopRuns(turn: Turn, reason: string): void {
  for (const run of turn.state.runs.values()) {
    if (run.phase === 'ended' || run.phase === 'undoing' || isReflex(run)) continue;
    if (run.phase === 'acting' || run.phase === 'observing') continue;
    turnRun(turn, run, (machine) => giveUp(machine, 'aborted', reason));
  }
}

/** Is it still well after 5 min, 1 h, 24 h? */
function lookBack(turn: Turn, run: Run, nowMs: number): void {
  const { state } = turn;
  const due = run.rechecks.find(({ well, dueMs }) => well === null && nowMs >= dueMs);
  const incident = state.incidents.get(run.incidentId);
  if (due === undefined || incident === undefined || run.outcome === null) return;
  const again = [...state.incidents.values()].find(
    (other) =>
      other.id !== incident.id &&
      other.openedMs > (incident.resolvedMs ?? incident.openedMs) &&
      other.root === incident.root &&
      other.diagnosis?.class === incident.diagnosis?.class,
  );
  due.well = again === undefined;
  const afterMs = due.dueMs - run.outcome.atMs;
  const verdict = due.well ? 'still well' : `came back as ${again?.id}`;
  tell(incident, {
    atMs: nowMs,
    kind: 'outcome',
    text: `${formatDuration(afterMs)} later: ${verdict}`,
  });
  if (again !== undefined && run.outcome.kind === 'fixed') recur(turn, incident, run, again);
  rememberRun(state, run);
  rememberIncident(state, incident);
}

function recur(turn: Turn, incident: Incident, run: Run, again: Incident): void {
  if (run.outcome === null) return;
  run.outcome = { ...run.outcome, kind: 'fixed-then-recurred' };
  again.recurrenceOf = incident.id;
  rememberIncident(turn.state, again);
  learn(turn, incident, run);
}

export function answersTo(turn: Turn, ask: string): Run | null {
  for (const run of turn.state.runs.values()) if (run.ask === ask) return run;
  return null;
}
