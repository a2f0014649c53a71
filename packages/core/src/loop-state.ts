/**
 * All that the loop knows and remembers. What must outlive a crash is marked when it changes
 * (`remember`), and `stepLoop` turns the marks into `keep` effects that come before all others.
 */
import { openClassifier, type Classifier } from './knowledge/classifier.ts';
import { openExperience, type Experience } from './knowledge/experience.ts';
import type { Incident } from './incident/incident.ts';
import type { Picture } from './loop/collect/picture.ts';
import { openPicture } from './loop/collect/picture.ts';
import type { ServiceExam } from './loop/collect/exam.ts';
import { openSymptoms, type SymptomBook } from './loop/detect/detect.ts';
import type { FactCall } from './loop/plan/expression/expression.ts';
import { allOn, type Flags } from './loop/plan/flags.ts';
import { defaultPolicy, type Policy } from './loop/plan/policy.ts';
import { openRails, type Rails } from './loop/plan/rails.ts';
import type { Runbook } from './loop/plan/runbook.ts';
import { isReflex, type Run } from './loop/remedy/run.ts';
import type { LoopEffect } from './loop-effect.ts';
import type { Reflex } from './loop-event.ts';

export type LoopState = {
  readonly picture: Picture;
  readonly book: SymptomBook;
  policy: Policy;
  flags: Flags;
  readonly runbooks: Map<string, Runbook>;
  /** Open ones and those resolved lately, oldest first. */
  readonly incidents: Map<string, Incident>;
  /** Of those incidents. */
  readonly runs: Map<string, Run>;
  /** What is under way for an incident; not kept: after a restart it is begun again. */
  readonly works: Map<string, Work>;
  readonly experience: Experience;
  /** Which causes went with which signs, as far as it was confirmed. */
  readonly classifier: Classifier;
  readonly rails: Rails;
  /** Restarts by others that no incident has claimed yet, by service. */
  readonly reflexes: Map<string, { readonly reflex: Reflex; readonly atMs: number }>;
  readonly counters: Counters;
  /** `kind:id` of what changed since the last effects. */
  readonly changed: Set<string>;
  /** False until what was kept is back: nothing is concluded before. */
  restored: boolean;
  /** When conclusions were last drawn. */
  thoughtMs: number;
};

export type Counters = Record<'incident' | 'run' | 'plan' | 'diagnosis' | 'lesson', number>;

export type Work = {
  /** When the exam was asked for; null: none is out. */
  examSinceMs: number | null;
  /** What the closer looks found, by service. */
  readonly exams: Map<string, ServiceExam>;
  looks: number;
  nextLookMs: number;
  /** Symptom keys at the last diagnosis: others call for a new look. */
  seen: string;
  /** The question about branches that is out. */
  ask: string | null;
  asked: readonly FactCall[];
  asks: number;
  askSinceMs: number;
  /** `class:target` of the diagnosis that was planned for, and when to plan again. */
  plannedFor: string;
  planAgainMs: number;
  /** Since when raw triggers hold, by runbook and place in it. */
  readonly holds: Map<string, number>;
  /** A person asked for this runbook; null: nobody did. */
  byHand: { readonly runbook: string; readonly actor: string } | null;
  /** Since when it shows no symptom; null: it shows some. */
  quietSinceMs: number | null;
  /** Keys of symptoms of incidents that were merged into this one. */
  readonly absorbed: Set<string>;
  /** Changes about which people were told already. */
  readonly notified: Set<string>;
};

/** Resolved incidents that are kept in memory; the store keeps all. */
const mostResolved = 200;

export function openLoop(nowMs: number): LoopState {
  return {
    picture: openPicture(nowMs),
    book: openSymptoms(),
    policy: defaultPolicy,
    flags: allOn,
    runbooks: new Map(),
    incidents: new Map(),
    runs: new Map(),
    works: new Map(),
    experience: openExperience(),
    classifier: openClassifier(),
    rails: openRails(),
    reflexes: new Map(),
    counters: { incident: 0, run: 0, plan: 0, diagnosis: 0, lesson: 0 },
    changed: new Set(),
    restored: false,
    thoughtMs: 0,
  };
}

/** What one answer of the step is made of. */
export type Turn = Readonly<{ state: LoopState; nowMs: number; effects: LoopEffect[] }>;

export function nextId(state: LoopState, kind: keyof Counters): string {
  state.counters[kind] += 1;
  state.changed.add('setting:counters');
  const count = state.counters[kind];
  return kind === 'incident' ? `INC-${count}` : `${kind}-${count}`;
}

export function rememberIncident(state: LoopState, incident: Incident): void {
  state.changed.add(`incident:${incident.id}`);
}

export function rememberRun(state: LoopState, run: Run): void {
  state.changed.add(`run:${run.id}`);
}

export function workOf(state: LoopState, incident: Incident, nowMs: number): Work {
  const known = state.works.get(incident.id);
  if (known !== undefined) return known;
  const work: Work = {
    examSinceMs: null,
    exams: new Map(),
    looks: 0,
    nextLookMs: nowMs,
    seen: '',
    ask: null,
    asked: [],
    asks: 0,
    askSinceMs: 0,
    plannedFor: '',
    planAgainMs: 0,
    holds: new Map(),
    byHand: null,
    quietSinceMs: null,
    absorbed: new Set(),
    notified: new Set(),
  };
  state.works.set(incident.id, work);
  return work;
}

export function openIncidents(state: LoopState): readonly Incident[] {
  return [...state.incidents.values()].filter(({ state: word }) => word !== 'resolved');
}

/** Of an incident, oldest first. */
export function runsOf(state: LoopState, incident: Incident): readonly Run[] {
  return incident.runIds.flatMap((id) => state.runs.get(id) ?? []);
}

/** A run of ours that is under way; what the supervisor did at once is none. */
export function activeRun(state: LoopState, incident: Incident): Run | null {
  const own = runsOf(state, incident).filter((run) => !isReflex(run));
  return own.findLast(({ phase }) => phase !== 'ended') ?? null;
}

/** Drops the oldest resolved ones with their runs from memory. */
export function forgetOld(state: LoopState): void {
  const resolved = [...state.incidents.values()].filter(({ state: word }) => word === 'resolved');
  for (const incident of resolved.slice(0, Math.max(0, resolved.length - mostResolved))) {
    state.incidents.delete(incident.id);
    state.works.delete(incident.id);
    for (const id of incident.runIds) state.runs.delete(id);
  }
}
