/**
 * The self-healing loop's one writer of state: `stepLoop(state, event, nowMs)` answers with what to
 * do about it. Start reading here, then follow the stages: `loop/collect` to `loop/verify`, joined
 * in `incident/` (gather, look, act, follow).
 *
 * What must survive a crash comes first in the answer, as `keep` effects: the shell writes them in
 * one transaction before it does anything else.
 */
import { act, takeBranches } from './incident/act.ts';
import { obey } from './incident/commands.ts';
import { answersTo, resumeRuns, tickRuns, turnRun } from './incident/follow.ts';
import { constraintJudge } from './incident/constraint-judge.ts';
import { isTooLarge } from './incident/freeze.ts';
import { gatherSymptoms, opensFirst } from './incident/gather.ts';
import { concludeLook, look } from './incident/look.ts';
import { claimReflexes, giveUpReflexes, openForReflexes, takeReflex } from './incident/reflexes.ts';
import { ownActs } from './incident/own-acts.ts';
import { restore } from './incident/restore.ts';
import { beforeThought, freezeBefore } from './incident/snapshot.ts';
import type { Observation } from './loop/collect/observation.ts';
import { observe } from './loop/collect/observe.ts';
import { detect } from './loop/detect/detect.ts';
import { isOn, type Flags } from './loop/plan/flags.ts';
import { noteObservation } from './loop/plan/rail-notes.ts';
import {
  takeAnswers,
  takeCapture,
  takeEvidence,
  takeObservation,
  takeResult,
  takeUndone,
  type Machine,
} from './loop/remedy/run-machine.ts';
import { takeVerdicts } from './loop/verify/verify-run.ts';
import type { LoopEffect } from './loop-effect.ts';
import type { LoopEvent } from './loop-event.ts';
import { openIncidents, type LoopState, type Turn } from './loop-state.ts';

/** A dead service that the supervisor does not bring back in this time is the loop's. */
const reflexMs = 30_000;
/** The next look at the world while something is open, and while all is quiet. */
const busyMs = 1_000;
const quietMs = 10_000;
/** So many services are looked over in `quietMs`; more take longer, to at most twice that. */
const quietServices = 250;
const stormMs = 200;

export type StepOptions = Readonly<{
  /** Nothing is being recorded: an incident that opens now says what the loop knew before. */
  snapshots: boolean;
}>;

export function stepLoop(
  state: LoopState,
  event: LoopEvent,
  nowMs: number,
  { snapshots }: StepOptions = { snapshots: false },
): readonly LoopEffect[] {
  const turn: Turn = { state, nowMs, effects: [] };
  take(turn, event);
  if (state.restored && callsForThought(state, event, nowMs)) {
    // A storm of news is thought over together.
    const soonMs = state.thoughtMs + stormMs;
    if (event.kind === 'observed' && nowMs < soonMs)
      turn.effects.push({ kind: 'wake', atMs: soonMs });
    else think(turn, snapshots);
  }
  return [...keeps(state), ...turn.effects];
}

/** Does the event call for new conclusions at once? What merely goes on waits for a second. */
function callsForThought(state: LoopState, event: LoopEvent, nowMs: number): boolean {
  switch (event.kind) {
    case 'configured':
      return false;
    case 'observed':
      return nowMs - state.thoughtMs >= paceMs(state) || event.observations.some(isNews);
    default:
      return true;
  }
}

function paceMs(state: LoopState): number {
  if (openIncidents(state).length > 0 || state.reflexes.size > 0) return busyMs;
  return quietMs * Math.min(2, Math.max(1, state.picture.services.size / quietServices));
}

function isNews(observation: Observation): boolean {
  switch (observation.kind) {
    case 'checked':
      return observation.up === false;
    case 'process-states':
      return observation.states.some(({ state }) => state === 'T');
    case 'instance':
    case 'instance-gone':
      return true;
    default:
      return false;
  }
}

function take(turn: Turn, event: LoopEvent): void {
  const { state, nowMs } = turn;
  switch (event.kind) {
    case 'observed':
      for (const observation of event.observations) {
        if (!isCollected(state.flags, observation)) continue;
        observe(state.picture, observation, nowMs);
        if (noteObservation(state.rails, observation)) state.changed.add('rail:rails');
      }
      return;
    case 'ticked':
      return tickRuns(turn);
    case 'configured':
      state.policy = event.policy;
      state.flags = event.flags;
      state.runbooks.clear();
      for (const runbook of event.runbooks) state.runbooks.set(runbook.name, runbook);
      return;
    case 'restored':
      restore(state, event.records);
      state.restored = true;
      return resumeRuns(turn);
    case 'reflex':
      return takeReflex(turn, event);
    case 'examined': {
      const incident = state.incidents.get(event.incidentId);
      if (incident !== undefined) concludeLook(turn, incident, event.exams);
      return;
    }
    case 'answered':
      return takeAnswered(turn, event);
    case 'commanded':
      return obey(turn, event.command, event.actor);
    default:
      return takeOfRun(turn, event);
  }
}

/** What a switched-off capability would have seen is not even looked at. */
function isCollected(flags: Flags, observation: Observation): boolean {
  switch (observation.kind) {
    case 'error-reported':
      return isOn(flags, 'error_collection', observation.service);
    case 'sampled':
    case 'connections':
      return flags.monitoring > 0;
    case 'lines':
      return isOn(flags, 'monitoring', observation.service);
    default:
      return true;
  }
}

function takeAnswered(turn: Turn, event: Extract<LoopEvent, Readonly<{ kind: 'answered' }>>): void {
  const run = answersTo(turn, event.ask);
  if (run === null) return takeBranches(turn, event.ask, event.answers);
  turnRun(turn, run, (machine) => {
    if (run.phase === 'verifying') takeVerdicts(machine, event.ask, event.answers);
    else takeAnswers(machine, event.ask, event.answers);
  });
}

type OfRun = Extract<
  LoopEvent,
  Readonly<{ kind: 'evidence-kept' | 'captured' | 'acted' | 'undone' | 'act-observed' }>
>;

function takeOfRun(turn: Turn, event: OfRun): void {
  const id = event.kind === 'evidence-kept' ? event.runId : (event.key.split('/')[0] ?? '');
  const run = turn.state.runs.get(id);
  if (run === undefined) return;
  turnRun(turn, run, (machine) => turnMachine(machine, event));
}

function turnMachine(machine: Machine, event: OfRun): void {
  switch (event.kind) {
    case 'evidence-kept':
      return takeEvidence(machine, event.files);
    case 'captured':
      return takeCapture(machine, event);
    case 'acted':
      return takeResult(machine, event);
    case 'undone':
      return takeUndone(machine, event);
    case 'act-observed':
      return takeObservation(machine, event.key, event.seen);
    default:
      return event satisfies never;
  }
}

/** Detect, gather, look, act: what all that is known now calls for. */
function think(turn: Turn, snapshots: boolean): void {
  const { state, nowMs, effects } = turn;
  const before = snapshots ? beforeThought(state) : null;
  state.thoughtMs = nowMs;
  const acts = ownActs(state, nowMs);
  const judge = constraintJudge([...state.book.open.values()].map(({ symptom }) => symptom));
  const { selfInflictedMs } = state.policy;
  const options = { flags: state.flags, ownActs: acts, selfInflictedMs, judge };
  const seen = detect(state.book, state.picture, options, nowMs);
  const showing = [...seen.began, ...seen.going];
  if (before !== null && opensFirst(turn, showing) && !isTooLarge(state))
    effects.push({ kind: 'snapshot', state: freezeBefore(before) });
  gatherSymptoms(turn, showing);
  for (const incident of openIncidents(state)) claimReflexes(turn, incident);
  openForReflexes(turn);
  for (const incident of openIncidents(state)) {
    look(turn, incident);
    if (incident.symptoms.length > 0) giveUpReflexes(turn, incident, reflexMs);
    act(turn, incident);
  }
  effects.push({ kind: 'wake', atMs: nowMs + paceMs(state) });
}

function keeps(state: LoopState): readonly LoopEffect[] {
  const made = [...state.changed].map((mark): LoopEffect => {
    const cut = mark.indexOf(':');
    const kind = mark.slice(0, cut);
    const id = mark.slice(cut + 1);
    return { kind: 'keep', record: { kind, id, body: bodyOf(state, kind, id) } };
  });
  state.changed.clear();
  return made;
}

function bodyOf(state: LoopState, kind: string, id: string): unknown {
  switch (kind) {
    case 'incident':
      return state.incidents.get(id) ?? null;
    case 'run':
      return state.runs.get(id) ?? null;
    case 'rail':
      return state.rails;
    case 'odds':
      if (id === 'forecasts') return { id, forecasts: state.experience.forecasts };
      if (id === 'classifier') return { id, ...state.classifier };
      return state.experience.arms.get(id) ?? null;
    default:
      return state.counters;
  }
}
