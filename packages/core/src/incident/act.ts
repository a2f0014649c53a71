/**
 * Decides what to do about a diagnosed incident: which runbooks fit, which branch each would take,
 * which one is worth it, and what the gate says. Then begins the run, asks a person, or says what
 * would have been done.
 */
import { choosePlan, fits } from '../loop/plan/choose.ts';
import { chainFrom } from '../loop/plan/cost.ts';
import type { Prepared } from '../loop/plan/choose-input.ts';
import type { Expression, FactCall, Value } from '../loop/plan/expression/expression.ts';
import type { Plan } from '../loop/plan/plan.ts';
import { noteBegin, noteHold } from '../loop/plan/rail-notes.ts';
import type { Runbook, Trigger } from '../loop/plan/runbook.ts';
import { leaks } from '../loop/diagnose/class-traits.ts';
import type { Diagnosis, DiagnosisClass } from '../loop/diagnose/diagnosis.ts';
import { beginRun } from '../loop/remedy/run-machine.ts';
import { isReflex, type Run } from '../loop/remedy/run.ts';
import {
  activeRun,
  nextId,
  openIncidents,
  rememberIncident,
  rememberRun,
  runsOf,
  workOf,
  type Turn,
  type Work,
} from '../loop-state.ts';
import { isCured } from './cured.ts';
import { turnRun } from './follow.ts';
import type { Incident } from './incident.ts';
import { planJudge } from './judge.ts';
import { escalate, notify } from './notify.ts';
import { planInput } from './plan-input.ts';
import { tell } from './timeline.ts';

const askMs = 3_000;
const lostMs = 8_000;
/** A cause that stays unknown this long, after so many looks, is a person's. */
const unknownMs = 20_000;
const unknownLooks = 3;
const certain = 0.5;
const planAgainMs = 30_000;
const rawAgainMs = 5_000;
const mostPlans = 20;

export function act(turn: Turn, incident: Incident): void {
  const { state, nowMs } = turn;
  const { diagnosis } = incident;
  const work = workOf(state, incident, nowMs);
  if (diagnosis === null || incident.state === 'resolved') return;
  if (activeRun(state, incident) !== null) return;
  if (incident.symptoms.length === 0 && !waitsByHand(incident, work)) return;
  if (awaitsReflex(turn, incident, diagnosis) || isCured(turn, incident)) return;
  if (work.ask !== null) {
    if (nowMs - work.askSinceMs > lostMs) takeBranches(turn, work.ask, []);
    return;
  }
  const key = `${diagnosis.class}:${diagnosis.target}`;
  if (work.plannedFor === key && nowMs < work.planAgainMs) return;
  // More may be known soon: nobody is called for what the next look may settle.
  const isEarly = nowMs - incident.openedMs < unknownMs || work.looks < unknownLooks;
  if (isUnknown(diagnosis)) {
    if (isEarly) return;
    if (fitting(turn, diagnosis, work).length > 0) return ask(turn, incident, diagnosis, work);
    return escalate(turn, incident, unknownCause);
  }
  // What was mended at once is not mended again by its mere word: the next look tells more.
  if (isSupervisors(turn, diagnosis) || diagnosis.ruleId === 'reflex') return;
  if (isEarly && fitting(turn, diagnosis, work).every((one) => !fits(one, diagnosis))) return;
  ask(turn, incident, diagnosis, work);
}

/** What a person asked for has no symptom, and is begun when what it waits for is over. */
function waitsByHand({ plans }: Incident, { byHand }: Work): boolean {
  return byHand !== null && plans.at(-1)?.decision.kind === 'wait';
}

const unknownCause = 'the cause is not known';

function isUnknown({ class: cause, confidence }: Diagnosis): boolean {
  return cause === 'unknown' || confidence < certain;
}

/** What was mended at once gets its time to show, where that could be the cure. */
const reflexCauses: ReadonlySet<DiagnosisClass> = new Set([
  'crash',
  'oom_killed',
  'hang',
  'deadlock',
  'event_loop_block',
  'stopped',
  'worker_stuck',
  'port_conflict_foreign',
  'port_conflict_orphan',
  'db_hung',
  'pool_leak',
  'cpu_own_hot_loop',
  'cpu_own_threads',
]);
const reflexMs = 15_000;
/**
 * A run that is new has given back all that the old one held, and spins no more: only the forecast
 * and the slow answers of the old one live on a while.
 */
const heldCauses: ReadonlySet<DiagnosisClass> = new Set([
  ...leaks,
  'event_loop_block',
  'cpu_own_hot_loop',
]);
const heldMs = 60_000;

function awaitsReflex(
  { state, nowMs }: Turn,
  incident: Incident,
  { class: cause, target }: Diagnosis,
): boolean {
  const newest = runsOf(state, incident).findLast(
    (run) => isReflex(run) && run.plan.targets[0] === target,
  );
  if (newest === undefined || newest.phase === 'ended') return false;
  const waitMs = heldCauses.has(cause) ? heldMs : reflexCauses.has(cause) ? reflexMs : 0;
  return nowMs - newest.startedMs < waitMs;
}

/** The supervisor brings the dead back until its intensity is exceeded; the loop keeps out. */
function isSupervisors({ state }: Turn, { class: cause, target }: Diagnosis): boolean {
  if (cause !== 'crash' && cause !== 'oom_killed') return false;
  const service = state.picture.services.get(target);
  if (service === undefined || service.definition.restart === 'no') return false;
  return [...service.instances.values()].every(
    ({ view }) => view.state !== 'crash-loop' && view.state !== 'failed',
  );
}

/** Branches, parameters and conditions of every fitting runbook, asked in one go. */
export function ask(turn: Turn, incident: Incident, diagnosis: Diagnosis, work: Work): void {
  const { state, nowMs, effects } = turn;
  work.plannedFor = `${diagnosis.class}:${diagnosis.target}`;
  work.planAgainMs = nowMs + planAgainMs;
  work.asks += 1;
  work.ask = `${incident.id}#${work.asks}`;
  work.askSinceMs = nowMs;
  const calls = fitting(turn, diagnosis, work).flatMap((runbook) =>
    planJudge(turn, diagnosis, runbook).calls(expressionsOf(runbook)),
  );
  work.asked = calls;
  if (calls.length === 0) return takeBranches(turn, work.ask, []);
  effects.push({ kind: 'ask', ask: work.ask, calls, timeoutMs: askMs });
  rememberIncident(state, incident);
}

function fitting({ state }: Turn, diagnosis: Diagnosis, { byHand }: Work): readonly Runbook[] {
  const asked = byHand === null ? undefined : state.runbooks.get(byHand.runbook);
  if (asked !== undefined) return [asked];
  const all = [...state.runbooks.values()];
  const meant = all.filter((runbook) => fits(runbook, diagnosis));
  // Raw signs start a runbook only where none is written for the cause.
  return meant.length > 0 ? meant : all.filter((runbook) => rawTriggers(runbook).length > 0);
}

type RawTrigger = Extract<Trigger, Readonly<{ kind: 'when' }>>;

function rawTriggers({ triggers }: Runbook): readonly RawTrigger[] {
  return triggers.filter((trigger) => trigger.kind === 'when');
}

function expressionsOf(runbook: Runbook): readonly Expression[] {
  const branches = runbook.diagnose.flatMap(({ when }) => (when === null ? [] : [when]));
  const approval = runbook.approval.when === null ? [] : [runbook.approval.when];
  const raw = rawTriggers(runbook).map(({ when }) => when);
  return [...runbook.neverWhen, ...branches, ...approval, ...raw];
}

export function takeBranches(turn: Turn, asked: string, answers: readonly Value[]): void {
  const { state, nowMs } = turn;
  const incident = openIncidents(state).find(({ id }) => state.works.get(id)?.ask === asked);
  if (incident === undefined || incident.diagnosis === null) return;
  const work = workOf(state, incident, nowMs);
  work.ask = null;
  if (activeRun(state, incident) !== null) return;
  const { diagnosis } = incident;
  const candidates = fitting(turn, diagnosis, work).map((runbook) =>
    prepare(turn, { diagnosis, work, runbook }, { calls: work.asked, answers }),
  );
  const isMeant =
    work.byHand !== null ||
    candidates.some(({ triggered, runbook }) => triggered || fits(runbook, diagnosis));
  // A sign that holds, but not yet for long enough, is waited for.
  const waits = !isMeant && candidates.some(({ runbook }) => holdsIn(work, runbook).length > 0);
  if (waits) work.planAgainMs = nowMs + rawAgainMs;
  else if (isMeant || !isUnknown(diagnosis)) decide(turn, incident, diagnosis, candidates);
  else escalate(turn, incident, unknownCause);
}

const holdKey = ({ name }: Runbook, index: number): string => `${name}#${index}`;

/** Since when its raw signs hold; those that do not are left out. */
function holdsIn({ holds }: Work, runbook: Runbook): readonly number[] {
  return rawTriggers(runbook).flatMap((_raw, index) => holds.get(holdKey(runbook, index)) ?? []);
}

/** Has one of the runbook's raw signs held for as long as it asks? */
function isTriggered(
  { holds }: Work,
  { runbook, nowMs }: Readonly<{ runbook: Runbook; nowMs: number }>,
  verdicts: readonly boolean[],
): boolean {
  let isLasting = false;
  for (const [index, { forMs }] of rawTriggers(runbook).entries()) {
    const key = holdKey(runbook, index);
    const sinceMs = holds.get(key) ?? nowMs;
    if (verdicts[index] === true) {
      holds.set(key, sinceMs);
      isLasting ||= nowMs - sinceMs >= forMs;
    } else holds.delete(key);
  }
  return isLasting;
}

function prepare(
  turn: Turn,
  { diagnosis, work, runbook }: Readonly<{ diagnosis: Diagnosis; work: Work; runbook: Runbook }>,
  { calls, answers }: Readonly<{ calls: readonly FactCall[]; answers: readonly Value[] }>,
): Prepared {
  const judge = planJudge(turn, diagnosis, runbook);
  const verdicts = judge.decide(expressionsOf(runbook), calls, answers);
  const never = runbook.neverWhen.findIndex((_when, index) => verdicts[index] === true);
  let at = runbook.neverWhen.length;
  let step: string | null = null;
  for (const { when, goto } of runbook.diagnose) {
    const isTrue = when === null || verdicts[at] === true;
    if (when !== null) at += 1;
    if (isTrue) step ??= goto;
  }
  const approvalWhen = runbook.approval.when !== null && verdicts[at] === true;
  if (runbook.approval.when !== null) at += 1;
  const params = judge.params;
  const chain = chainFrom(runbook, step ?? '');
  const first = chain[0]?.with['target'] ?? diagnosis.target;
  const named = [first, ...chain.flatMap((one) => one.with['target'] ?? [])];
  return {
    runbook,
    triggered: isTriggered(work, { runbook, nowMs: turn.nowMs }, verdicts.slice(at)),
    never: never < 0 ? null : (runbook.neverWhen[never]?.text ?? null),
    step,
    params,
    targets: [...new Set(named.map((name) => String(judge.fill(name))))].filter(Boolean),
    dedupe: String(judge.fill(runbook.dedupe)),
    guards: null,
    approvalWhen,
  };
}

function decide(
  turn: Turn,
  incident: Incident,
  diagnosis: Diagnosis,
  candidates: readonly Prepared[],
): void {
  const { state } = turn;
  const id = nextId(state, 'plan');
  const plan = choosePlan(planInput(turn, incident, { planId: id, diagnosis, candidates }));
  incident.plans.push(plan);
  if (incident.plans.length > mostPlans) incident.plans.splice(0, 1);
  rememberIncident(state, incident);
  const taken = candidates.find(({ runbook }) => runbook.name === plan.runbook);
  carryOut(turn, incident, plan, taken?.dedupe ?? '');
}

function carryOut(turn: Turn, incident: Incident, plan: Plan, dedupe: string): void {
  const { state, nowMs, effects } = turn;
  const { decision } = plan;
  const work = workOf(state, incident, nowMs);
  const what = `${plan.runbook}, ${plan.step}${plan.targets.length > 0 ? ` on ${plan.targets.join(', ')}` : ''}`;
  switch (decision.kind) {
    case 'act':
    case 'approve':
      return startRun(turn, incident, plan, dedupe);
    case 'suggest':
      tell(incident, { atMs: nowMs, kind: 'plan', text: `would do: ${what}` });
      notify(turn, incident, 'approval');
      return void effects.push({
        kind: 'tell',
        topic: 'healing.suggested',
        severity: 'warn',
        service: state.picture.services.has(incident.root) ? incident.root : null,
        text: `${incident.id}: would do ${what}; allow it with fettle runbooks run or heal: autonomy`,
        data: { incident: incident.id, plan: plan.id },
      });
    case 'wait':
      work.planAgainMs = Math.max(nowMs + 1_000, decision.untilMs);
      return tell(incident, {
        atMs: nowMs,
        kind: 'plan',
        text: `waits before ${what}: ${reasonOf(plan)}`,
      });
    case 'refuse':
      tell(incident, { atMs: nowMs, kind: 'plan', text: `not done: ${what}: ${reasonOf(plan)}` });
      if (decision.gate === 'kill-switch' || decision.gate === 'freeze') return;
      return escalate(turn, incident, `${what} is refused: ${reasonOf(plan)}`);
    case 'escalate':
      return escalate(turn, incident, decision.reason);
    case 'do-nothing':
      return tell(incident, { atMs: nowMs, kind: 'plan', text: `left alone: ${decision.reason}` });
    default:
      decision satisfies never;
  }
}

function reasonOf(plan: Plan): string {
  return plan.reasons.find(({ passed }) => !passed)?.text ?? 'the gate said no';
}

function startRun(turn: Turn, incident: Incident, plan: Plan, dedupe: string): void {
  const { state, nowMs } = turn;
  const runbook = state.runbooks.get(plan.runbook);
  if (runbook === undefined) return;
  const isAsked = plan.decision.kind === 'approve';
  const run: Run = {
    id: nextId(state, 'run'),
    incidentId: incident.id,
    plan,
    phase: isAsked ? 'awaiting' : 'capturing',
    step: plan.step,
    attempts: [],
    startedMs: nowMs,
    deadlineMs: nowMs + (runbook.limits.deadlineMs ?? state.policy.runDeadlineMs),
    lastStepEndMs: null,
    windowFromMs: null,
    phaseSinceMs: nowMs,
    wakeMs: nowMs,
    evidence: [],
    verdict: null,
    outcome: null,
    escalation: null,
    tries: 0,
    ask: null,
    asked: [],
    asks: 0,
    rechecks: [],
    actor: workOf(state, incident, nowMs).byHand?.actor ?? 'fettle',
    approvedBy: null,
  };
  state.runs.set(run.id, run);
  incident.runIds.push(run.id);
  const { runbook: name, targets } = plan;
  const hold = { runId: run.id, runbook: name, dedupe, targets, sinceMs: nowMs };
  if (isAsked) noteHold(state.rails, hold);
  else noteBegin(state.rails, hold, plan.step);
  state.changed.add('rail:rails');
  rememberRun(state, run);
  rememberIncident(state, incident);
  const odds = Math.round(plan.success * 100);
  const text = `${isAsked ? 'asks for' : 'chose'} ${plan.runbook}, ${plan.step} (${plan.risk} risk, ${odds} %)`;
  tell(incident, { atMs: nowMs, kind: 'plan', text });
  if (!isAsked) return turnRun(turn, run, beginRun);
  incident.state = 'awaiting-approval';
  notify(turn, incident, 'approval');
}
