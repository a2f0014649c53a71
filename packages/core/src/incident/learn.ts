/** Turns a run's outcome into odds for the next choice, and into a lesson in words. */
import type { Beta } from '../knowledge/beta.ts';
import { learn as learnSigns, unlearn } from '../knowledge/classifier.ts';
import { estimate, noteRun, type Versions } from '../knowledge/experience.ts';
import { lessonOf } from '../knowledge/lesson.ts';
import type { Diagnosis } from '../loop/diagnose/diagnosis.ts';
import { noteFire } from '../loop/plan/rail-notes.ts';
import { isOn } from '../loop/plan/flags.ts';
import type { Lesson } from '../loop/remedy/outcome.ts';
import { isReflex, type Run } from '../loop/remedy/run.ts';
import { nextId, type LoopState, type Turn } from '../loop-state.ts';
import type { Incident } from './incident.ts';
import { serviceVersionOf } from './service-version.ts';

export function learn(turn: Turn, incident: Incident, run: Run): void {
  const { state, nowMs } = turn;
  const { diagnosis } = incident;
  const { outcome, plan } = run;
  if (outcome === null || diagnosis === null || !isOn(state.flags, 'learning', diagnosis.target))
    return;
  const service = serviceVersionOf(state.picture, diagnosis.target);
  const versions: Versions = { runbook: plan.runbookVersion, service };
  const tries = triesOf(run);
  const step = tries.at(-1) ?? run.step;
  const durationS = (outcome.atMs - run.startedMs) / 1_000;
  const before = oddsOf(state, { diagnosis, run, step, versions });
  const odds = noteRun(state.experience, {
    diagnosis: diagnosis.class,
    confidence: diagnosis.confidence,
    runbook: plan.runbook,
    versions,
    tries,
    result: outcome.kind,
    durationS,
    odds: isReflex(run) ? null : plan.success,
    approved: run.approvedBy !== null,
    atMs: nowMs,
  });
  // What cured it proves what it was; that it was started again at once proves little.
  if (outcome.kind === 'fixed' && !isReflex(run)) learnCause(state, diagnosis);
  for (const { id } of odds) state.changed.add(`odds:${id}`);
  if (odds.length > 0) state.changed.add('odds:forecasts');
  if (!isReflex(run) && outcome.kind !== 'fixed-then-recurred') {
    noteFire(state.rails, plan.runbook);
    state.changed.add('rail:rails');
  }
  const lesson: Lesson = {
    id: nextId(state, 'lesson'),
    incidentId: incident.id,
    runId: run.id,
    diagnosis: diagnosis.class,
    runbook: plan.runbook,
    step,
    outcome: outcome.kind,
    text: lessonOf({
      diagnosis: diagnosis.class,
      target: incident.root,
      runbook: plan.runbook,
      tries,
      result: outcome.kind,
      durationS,
      before,
      after: oddsOf(state, { diagnosis, run, step, versions }),
    }),
    atMs: nowMs,
  };
  incident.lessons.push(lesson);
}

/** A person's word on the cause is worth as much as a cure. */
export function hearVerdict(
  state: LoopState,
  diagnosis: Diagnosis,
  verdict: 'right' | 'wrong',
): void {
  if (verdict === 'right') learnCause(state, diagnosis);
  else unlearnCause(state, diagnosis);
}

/** Confirmed, by a cure or by a person's word. */
function learnCause(state: LoopState, { signs, class: label }: Diagnosis): void {
  if (signs === undefined || signs.length === 0 || label === 'unknown') return;
  learnSigns(state.classifier, signs, label);
  state.changed.add('odds:classifier');
}

/** A person says that it was something else. */
function unlearnCause(state: LoopState, { signs, class: label }: Diagnosis): void {
  if (signs === undefined) return;
  unlearn(state.classifier, signs, label);
  state.changed.add('odds:classifier');
}

type Arm = Readonly<{ diagnosis: Diagnosis; run: Run; step: string; versions: Versions }>;

function oddsOf(state: LoopState, { diagnosis, run, step, versions }: Arm): Beta {
  const runbook = state.runbooks.get(run.plan.runbook);
  return estimate(state.experience, {
    arm: { diagnosis: diagnosis.class, runbook: run.plan.runbook, step },
    versions,
    expectedSuccess: runbook?.expectedSuccess ?? null,
    risk: run.plan.risk,
  }).success;
}

/** A chain joined by `then` is one try, named by its first step; `on_fail` begins the next. */
function triesOf(run: Run): readonly string[] {
  const tries: string[] = [];
  let goesOn = false;
  for (const { step, state } of run.attempts) {
    if (!goesOn && tries.at(-1) !== step) tries.push(step);
    goesOn = state === 'done';
  }
  return tries;
}
