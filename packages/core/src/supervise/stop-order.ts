/**
 * Ends runs: dependants before what they depend on, stop signal, grace, then the whole tree.
 *
 * Only ends that are under way order each other: stopping one service leaves its dependants alone.
 * Whoever waits here waits for a named run that has a timer, so every stop is bounded by the chain
 * of graces; a run that survives SIGKILL (stuck in the kernel) holds up nobody after a while.
 */
import type { Service } from '../stack/service.ts';
import type { EndReason } from './run.ts';
import { beginHooks, isHooking } from './hooks.ts';
import {
  arm,
  emit,
  isInternal,
  touch,
  type Instance,
  type Run,
  type SuperviseState,
} from './state.ts';

/** How long after SIGKILL a tree may take before it is killed again. */
export const KILL_RETRY_MS = 2_000;
/** After this many kills a run no longer holds up others; it is still killed now and then. */
export const KILLS_UNTIL_STUCK = 3;
/** After this many kills leftovers of an ended run are given up: nothing more can be done. */
const KILLS_OF_LEFTOVERS = 10;
const STUCK_RETRY_MS = 30_000;
/** Unless the definition says otherwise: enough for clients to hear that a replica leaves. */
const DRAIN_MS = 1_000;
/** The exit record follows the end of the tree at once; without one the exit is unknown. */
export const EXIT_WAIT_MS = 1_000;

/** `kill`: SIGKILL at once, also when a gentle stop is under way. */
export function endRun(state: SuperviseState, run: Run, reason: EndReason, kill: boolean): void {
  if (run.exit !== null) return;
  if (run.end === null) {
    run.end = { reason, stage: 'queued' };
    state.queuedEnds.add(run);
    const { instance } = run;
    if (instance !== null) {
      if (instance.crashLoop) arm(state, `settle:${instance.id}`, null);
      instance.phase = 'ending';
      instance.endAskedMs = state.at.nowMs;
      touch(state, instance, reason);
    }
  }
  if (kill && SOFT_STAGES.has(run.end.stage)) killRun(state, run);
}

/** At the end of each step: sends the stop signal to every run that need not wait any longer. */
export function releaseQueuedEnds(state: SuperviseState): void {
  for (const run of state.queuedEnds) {
    if (mustWait(state, run)) continue;
    state.queuedEnds.delete(run);
    if (run.end === null || run.exit !== null) continue;
    const drainMs = drainMsOf(run);
    if (drainMs > 0) drainRun(state, run, drainMs);
    else endGently(state, run);
  }
}

const SOFT_STAGES: ReadonlySet<string> = new Set(['queued', 'draining', 'preparing', 'signalled']);

/** Its time to finish what it has is over. */
export function endGently(state: SuperviseState, run: Run): void {
  if (run.end === null || prepareStop(state, run)) return;
  run.end.stage = 'signalled';
  if (run.confirmed) signalRun(state, run);
  else if (isHooking(state, 'before_start', run))
    emit(state, { kind: 'kill-hook', id: `before_start/${run.token}` });
  // Fetching an image may take minutes, and there is nobody to signal meanwhile.
  else if (run.instance?.service.definition.container !== undefined) killRun(state, run);
}

/** Planned ends while others serve: only then it helps clients to hear of it before. */
const DRAINED: ReadonlySet<EndReason> = new Set([
  'operator-restart',
  'config-changed',
  'scaled-down',
  'dependency-restarted',
  'dependency-moved',
]);

function drainMsOf(run: Run): number {
  const { instance, end } = run;
  if (
    instance === null ||
    end === null ||
    !(instance.ready || run.unjudged) ||
    !DRAINED.has(end.reason)
  )
    return 0;
  const { definition, instances } = instance.service;
  if (definition.port === null) return 0;
  return [...instances.values()].some(isServing) ? (definition.drainMs ?? DRAIN_MS) : 0;
}

function isServing({ phase, ready, run }: Instance): boolean {
  return phase === 'up' && (ready || run?.unjudged === true);
}

/** Readiness is withdrawn first; the stop signal follows when the time is over. */
function drainRun(state: SuperviseState, run: Run, drainMs: number): void {
  if (run.end === null || run.instance === null) return;
  run.end.stage = 'draining';
  run.instance.ready = false;
  run.unjudged = false;
  run.readySinceMs = null;
  arm(state, `drain:${run.token}`, drainMs);
  touch(state, run.instance, 'draining');
}

/** true: its before_stop hooks run first. What is broken anyway is not asked to prepare. */
function prepareStop(state: SuperviseState, run: Run): boolean {
  const { instance, end } = run;
  if (instance === null || end === null || !run.confirmed || BROKEN.has(end.reason)) return false;
  if (!beginHooks(state, instance, run, 'before_stop')) return false;
  end.stage = 'preparing';
  return true;
}

const BROKEN: ReadonlySet<EndReason> = new Set([
  'hang',
  'memory-limit',
  'port-stolen',
  'hook-failed',
]);

/** Also called when a run that is to end is confirmed: before that there is nobody to signal. */
export function signalRun(state: SuperviseState, run: Run): void {
  emit(state, { kind: 'signal', token: run.token, posixSignal: run.stopSignal });
  arm(state, `grace:${run.token}`, run.stopGraceMs);
}

export function killRun(state: SuperviseState, run: Run): void {
  state.queuedEnds.delete(run);
  if (run.end !== null && run.end.stage !== 'stuck') run.end.stage = 'killed';
  sendKill(state, run);
}

/** Grace is over, or a kill had no effect yet. */
export function killDue(state: SuperviseState, run: Run): void {
  if (run.exit !== null) {
    if (run.treeGone || run.kills >= KILLS_OF_LEFTOVERS) forgetRun(state, run);
    else sendKill(state, run);
    return;
  }
  if (run.end !== null && run.kills >= KILLS_UNTIL_STUCK) run.end.stage = 'stuck';
  killRun(state, run);
}

export function killLeftovers(state: SuperviseState, run: Run): void {
  if (run.treeGone) forgetRun(state, run);
  else sendKill(state, run);
}

export function forgetRun(state: SuperviseState, run: Run): void {
  arm(state, `kill:${run.token}`, null);
  state.runs.delete(run.token);
}

function sendKill(state: SuperviseState, run: Run): void {
  run.kills += 1;
  emit(state, { kind: 'kill-tree', token: run.token });
  arm(state, `kill:${run.token}`, run.end?.stage === 'stuck' ? STUCK_RETRY_MS : KILL_RETRY_MS);
}

function mustWait(state: SuperviseState, run: Run): boolean {
  if (run.instance === null || run.end === null) return false;
  if (IMMEDIATE.has(run.end.reason)) return false;
  const { definition } = run.instance.service;
  for (const name of state.graph.dependants.get(definition.name) ?? []) {
    for (const { run: other } of state.services.get(name)?.instances.values() ?? []) {
      if (isEnding(other) || isCleaningUp(state, other)) return true;
    }
  }
  if (!state.goingDown || !isInternal(definition)) return false;
  for (const other of state.runs.values()) {
    const internal = other.instance !== null && isInternal(other.instance.service.definition);
    if (!internal && (isEnding(other) || isAtKeeper(state, definition, other))) return true;
  }
  // A hook may tell the controller something.
  return state.hooks.size > 0;
}

/** What is left of a container only its keeper can end. */
function isAtKeeper({ options }: SuperviseState, { name }: Service, other: Run): boolean {
  if (name !== options.keeper?.name || other.end?.stage === 'stuck') return false;
  return other.instance?.service.definition.container !== undefined;
}

/** Their run is broken or misled already: waiting would only make it worse. */
const IMMEDIATE: ReadonlySet<EndReason> = new Set([
  'hang',
  'memory-limit',
  'process-limit',
  'port-stolen',
  'hook-failed',
  'dependency-moved',
  'dependency-restarted',
]);

function isEnding(run: Run | null): boolean {
  return run !== null && run.exit === null && run.end !== null && run.end.stage !== 'stuck';
}

/** Whoever ended may still need what it depended on, for its after_stop hooks. */
function isCleaningUp(state: SuperviseState, run: Run | null): boolean {
  return run !== null && isHooking(state, 'after_stop', run);
}
