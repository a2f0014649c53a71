/** Turns a run's outcome into odds for the next choice, and into a lesson in words. */
import { noteRun } from '../knowledge/experience.ts';
import type { Lesson } from '../loop/remedy/outcome.ts';
import type { Run } from '../loop/remedy/run.ts';
import { nextId, type Turn } from '../loop-state.ts';
import type { Incident } from './incident.ts';
import { serviceVersionOf } from './service-version.ts';

export function learn(turn: Turn, incident: Incident, run: Run): void {
  const { state, nowMs } = turn;
  const { diagnosis } = incident;
  const { outcome } = run;
  if (outcome === null || diagnosis === null || state.flags.learning === 0) return;
  const odds = noteRun(state.experience, {
    diagnosis: diagnosis.class,
    confidence: diagnosis.confidence,
    runbook: run.plan.runbook,
    versions: {
      runbook: run.plan.runbookVersion,
      service: serviceVersionOf(state.picture, diagnosis.target),
    },
    tries: triesOf(run),
    result: outcome.kind,
    durationS: (outcome.atMs - run.startedMs) / 1_000,
    approved: run.approvedBy !== null,
    atMs: nowMs,
  });
  for (const { id } of odds) state.changed.add(`odds:${id}`);
  const lesson: Lesson = {
    id: nextId(state, 'lesson'),
    incidentId: incident.id,
    runId: run.id,
    diagnosis: diagnosis.class,
    runbook: run.plan.runbook,
    step: triesOf(run).at(-1) ?? run.step,
    outcome: outcome.kind,
    text: lessonText(incident, run, outcome.kind),
    atMs: nowMs,
  };
  incident.lessons.push(lesson);
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

function lessonText(incident: Incident, run: Run, kind: Lesson['outcome']): string {
  const what = `${run.plan.runbook}, ${triesOf(run).join(' then ') || run.step}`;
  const cause = incident.diagnosis?.class ?? 'unknown';
  switch (kind) {
    case 'fixed':
      return `${what} cured ${cause} on ${incident.root}`;
    case 'fixed-then-recurred':
      return `${what} helped against ${cause} on ${incident.root} only for a while`;
    case 'made-worse':
      return `${what} made ${cause} on ${incident.root} worse: it needs a person's yes now`;
    case 'no-effect':
      return `${what} does not cure ${cause} on ${incident.root}`;
    case 'aborted':
    case 'unknown':
      return `${what} against ${cause} on ${incident.root} came to no end: nothing is learnt`;
    default:
      return kind satisfies never;
  }
}
