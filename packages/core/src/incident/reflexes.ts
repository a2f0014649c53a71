/**
 * What others mend as their office: the supervisor restarts the dead, the health part ends or
 * continues what hangs. The loop does not act then; it keeps the attempt in the incident, judges it
 * like its own, and takes over when it does not help.
 */
import { formatDuration } from '@fettle/sdk/duration';
import type { Plan } from '../loop/plan/plan.ts';
import { isReflex, type Run } from '../loop/remedy/run.ts';
import type { Reflex } from '../loop-event.ts';
import {
  nextId,
  openIncidents,
  rememberIncident,
  rememberRun,
  runsOf,
  type Turn,
} from '../loop-state.ts';
import { concludeRun } from './follow.ts';
import type { Incident } from './incident.ts';
import { notify } from './notify.ts';
import { openIncident } from './open-incident.ts';
import { tell } from './timeline.ts';

const keptMs = 60_000;
/** A symptom that belongs to it shows by then. */
const claimMs = 2_000;
const mostKept = 200;
/** Of one incident. */
const mostReflexes = 4;

export function takeReflex(turn: Turn, reflex: Reflex): void {
  const { state, nowMs } = turn;
  const incident = openIncidents(state).find(
    ({ root, services }) => root === reflex.service || services.includes(reflex.service),
  );
  if (incident !== undefined) return addReflex(turn, incident, reflex);
  state.reflexes.set(reflex.service, { reflex, atMs: nowMs });
  for (const [service, { atMs }] of state.reflexes)
    if (nowMs - atMs > keptMs || state.reflexes.size > mostKept) state.reflexes.delete(service);
}

/** The restart was often quicker than the symptom. */
export function claimReflexes(turn: Turn, incident: Incident): void {
  const { state, nowMs } = turn;
  for (const service of new Set([incident.root, ...incident.services])) {
    const held = state.reflexes.get(service);
    if (held === undefined) continue;
    state.reflexes.delete(service);
    if (nowMs - held.atMs <= keptMs) addReflex(turn, incident, held.reflex);
  }
}

/** Has one waited long enough for its symptom? */
export function reflexIsDue({ state, nowMs }: Turn): boolean {
  return [...state.reflexes.values()].some(({ atMs }) => nowMs - atMs >= claimMs);
}

/** Mended before any symptom showed: it was a failure all the same, and is told. */
export function openForReflexes(turn: Turn): void {
  const { state, nowMs } = turn;
  for (const [service, { reflex, atMs }] of state.reflexes) {
    if (nowMs - atMs < claimMs) continue;
    state.reflexes.delete(service);
    if (nowMs - atMs > keptMs || state.picture.services.get(service)?.want === 'down') continue;
    const what = reflex.reason.replaceAll('-', ' ');
    const title = `${reflex.instance} was mended at once: ${what}`;
    const incident = openIncident(turn, { root: service, title, severity: 'error' });
    incident.services.push(service);
    addReflex(turn, incident, reflex);
    notify(turn, incident, 'opened');
    rememberIncident(state, incident);
  }
}

function addReflex(turn: Turn, incident: Incident, reflex: Reflex): void {
  const { state, nowMs } = turn;
  const known = reflexRuns(turn, incident);
  if (known.some(({ attempts }) => attempts[0]?.key === keyOf(reflex))) return;
  // A crash loop's tries are all alike: the first ones tell it.
  if (known.length >= mostReflexes) return;
  for (const run of known)
    if (run.phase === 'verifying' && run.plan.targets[0] === reflex.service)
      concludeRun(turn, incident, run, { kind: 'no-effect', text: 'it happened again' });
  const run = reflexRun(turn, incident, reflex);
  state.runs.set(run.id, run);
  incident.runIds.push(run.id);
  rememberRun(state, run);
  const what = reflex.action === 'process.signal' ? 'continued' : 'restarted';
  tell(incident, {
    atMs: nowMs,
    kind: 'step',
    text: `${reflex.instance} ${what} at once (${reflex.reason.replaceAll('-', ' ')})`,
  });
}

/** Quiet for long enough: what was done at once has helped. */
export function settleReflexes(turn: Turn, incident: Incident): void {
  for (const run of reflexRuns(turn, incident)) {
    if (run.phase !== 'verifying') continue;
    const text = `well for ${formatDuration(turn.nowMs - run.startedMs)} since`;
    concludeRun(turn, incident, run, { kind: 'fixed', text });
  }
}

/** It did not come back by itself: the loop may try something else. */
export function giveUpReflexes(turn: Turn, incident: Incident, afterMs: number): void {
  for (const run of reflexRuns(turn, incident)) {
    if (run.phase !== 'verifying' || turn.nowMs - run.startedMs < afterMs) continue;
    concludeRun(turn, incident, run, { kind: 'no-effect', text: 'symptoms went on' });
  }
}

function reflexRuns({ state }: Turn, incident: Incident): readonly Run[] {
  return runsOf(state, incident).filter(isReflex);
}

const keyOf = (reflex: Reflex): string => `reflex/${reflex.action}/${reflex.token}`;

function reflexRun({ state, nowMs }: Turn, incident: Incident, reflex: Reflex): Run {
  const id = nextId(state, 'run');
  return {
    id,
    incidentId: incident.id,
    plan: reflexPlan(id, incident, reflex, nowMs),
    phase: 'verifying',
    step: reflex.action,
    attempts: [
      {
        key: keyOf(reflex),
        step: 'at-once',
        action: reflex.action,
        params: { target: reflex.service },
        target: reflex.service,
        state: 'done',
        startedMs: nowMs,
        endedMs: nowMs,
        detail: reflex.reason,
        capture: null,
        reversible: false,
        evidence: [],
      },
    ],
    startedMs: nowMs,
    deadlineMs: nowMs + state.policy.runDeadlineMs,
    lastStepEndMs: nowMs,
    windowFromMs: null,
    phaseSinceMs: nowMs,
    wakeMs: null,
    evidence: [],
    verdict: null,
    outcome: null,
    escalation: null,
    tries: 1,
    ask: null,
    asked: [],
    asks: 0,
    rechecks: [],
    actor: 'supervisor',
    approvedBy: null,
  };
}

function reflexPlan(id: string, incident: Incident, reflex: Reflex, nowMs: number): Plan {
  return {
    id: `plan-of-${id}`,
    incidentId: incident.id,
    diagnosisId: incident.diagnosis?.id ?? '',
    runbook: 'service-failure',
    runbookVersion: 0,
    step: 'at-once',
    params: { target: reflex.service },
    targets: [reflex.service],
    risk: 'low',
    success: 0.5,
    harm: 0,
    costS: 0,
    ranking: [],
    decision: { kind: 'act' },
    reasons: [],
    atMs: nowMs,
  };
}
