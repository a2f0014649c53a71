/**
 * Replaces the runs of a service a few at a time, so that the others go on serving.
 *
 * The next replica is only taken once every one before it is ready again, and nothing is taken
 * while one lacks: whatever goes wrong costs at most what was being replaced. A fresh run that
 * dies, or is not ready in time, ends the rollout; the rest keeps running as it is and a person
 * hears why.
 * Replicas that do not serve are replaced first, for that costs nobody anything.
 * Source: Kubernetes, "Rolling Update Deployment" (maxUnavailable, maxSurge); Compose `update_config`.
 */
import type { Service } from '../stack/service.ts';
import { hashDiffers } from './config-hash.ts';
import { exitText } from './exit-text.ts';
import { clearCounters, fitInstances, removeSurplus, restartInstance, wake } from './instances.ts';
import type { Rollout, RollingReason } from './rollout.ts';
import type { EndReason, RunToken } from './run.ts';
import { restartFollowers } from './run-events.ts';
import {
  arm,
  emit,
  touch,
  type Instance,
  type ServiceRecord,
  type SuperviseState,
} from './state.ts';

/** A fresh replica has this long to get ready, beyond the longest `start_period` of its checks. */
export const READY_WAIT_MS = 60_000;
/** Without a check a process counts as ready at once: this long it must at least live. */
const STEADY_MS = 1_000;
/** Ends of a fresh run that are its own fault. */
const FAULTS: ReadonlySet<EndReason | null> = new Set([
  null,
  'hang',
  'memory-limit',
  'process-limit',
]);

/** Several replicas are wanted and the definition does not ask for all at once. */
export function mayRoll({ definition, replicas, wanted }: ServiceRecord): boolean {
  if (definition.external || definition.oneShot || wanted !== 'running') return false;
  return replicas > 1 && definition.rolling?.parallelism !== 0;
}

/** Runs in `stale` are replaced one after another; what has no run is brought up at once. */
export function startRollout(
  state: SuperviseState,
  record: ServiceRecord,
  wish: Readonly<{ reason: RollingReason; actor: string; stale: (instance: Instance) => boolean }>,
): void {
  const instances = [...record.instances.values()].filter(({ removing }) => !removing);
  const old = new Set<RunToken>();
  const before = new Set<RunToken>();
  for (const instance of instances) {
    if (instance.lastToken !== null) before.add(instance.lastToken);
    if (instance.run === null) continue;
    before.add(instance.run.token);
    if (instance.run.end === null && wish.stale(instance)) old.add(instance.run.token);
  }
  record.rollout = {
    reason: wish.reason,
    actor: wish.actor,
    old,
    before,
    of: old.size,
    pendingMs: null,
    calmMs: null,
    dueMs: null,
    stopped: null,
    sinceAtMs: state.at.atMs,
  };
  for (const instance of instances) {
    if (instance.run !== null) continue;
    clearCounters(state, instance);
    wake(state, instance, wish.reason);
  }
  if (record.definition.rolling?.order === 'start-first' && old.size > 0) addSurge(state, record);
  touchAll(state, record, 'rolling');
}

/** Called whenever something about the service changed, and by its timer. */
export function advanceRollout(state: SuperviseState, record: ServiceRecord): void {
  const { rollout } = record;
  if (rollout === null || rollout.stopped !== null) return;
  if (record.wanted !== 'running' || record.removed || state.goingDown) {
    endRollout(state, record, null);
    return;
  }
  const instances = [...record.instances.values()].filter(({ removing }) => !removing);
  for (const token of rollout.old) if (!isLive(state, token)) rollout.old.delete(token);
  const fresh = instances.filter(({ run }) => run === null || !rollout.old.has(run.token));
  const broken = fresh.map((one) => troubleOf(one, rollout)).find((why) => why !== null);
  if (broken !== undefined) return stopRollout(state, record, broken);
  const pending = fresh.filter((one) => !isServing(one));
  if (pending.length > 0) {
    rollout.calmMs = null;
    rollout.pendingMs ??= state.at.nowMs;
    const limitMs = readyWaitMs(record.definition);
    const leftMs = rollout.pendingMs + limitMs - state.at.nowMs;
    if (leftMs <= 0) {
      const names = pending.map(({ id }) => id).join(', ');
      stopRollout(state, record, `${names} was not ready within ${limitMs / 1_000} s`);
    } else lookAgain(state, record, rollout, rollout.pendingMs + limitMs);
    return;
  }
  rollout.pendingMs = null;
  rollout.calmMs ??= state.at.nowMs;
  const calmUntilMs = rollout.calmMs + calmWaitMs(record.definition, rollout);
  if (state.at.nowMs < calmUntilMs) lookAgain(state, record, rollout, calmUntilMs);
  else if (rollout.old.size === 0) endRollout(state, record, rollout);
  else replaceNext(state, record, instances, rollout);
}

/** What is left to wait once all are ready: before the first there was nothing to watch. */
function calmWaitMs({ rolling, healthChecks }: Service, { old, of }: Rollout): number {
  if (old.size === of) return 0;
  const { delayMs = 0, monitorMs = null } = rolling ?? {};
  const watchMs = monitorMs ?? (healthChecks.length === 0 ? STEADY_MS : 0);
  return watchMs + (old.size === 0 ? 0 : delayMs);
}

/** Armed anew only when the time changed: it is asked after every event of the service. */
function lookAgain(
  state: SuperviseState,
  record: ServiceRecord,
  rollout: Rollout,
  atMs: number,
): void {
  if (rollout.dueMs === atMs) return;
  rollout.dueMs = atMs;
  arm(state, timerOf(record), Math.max(0, atMs - state.at.nowMs));
}

/** The timer may fire early: then it is armed once more. */
export function rolloutDue(state: SuperviseState, record: ServiceRecord): void {
  if (record.rollout !== null) record.rollout.dueMs = null;
  state.changedServices.add(record);
}

function replaceNext(
  state: SuperviseState,
  record: ServiceRecord,
  instances: readonly Instance[],
  rollout: Rollout,
): void {
  const { definition } = record;
  const { parallelism = 1 } = definition.rolling ?? {};
  const next = instances
    .filter(({ run }) => run !== null && rollout.old.has(run.token))
    .toSorted((a, b) => Number(isServing(a)) - Number(isServing(b)) || a.replica - b.replica)
    .slice(0, Math.max(1, parallelism));
  rollout.calmMs = null;
  rollout.pendingMs = state.at.nowMs;
  for (const instance of next) {
    if (instance.run !== null) rollout.old.delete(instance.run.token);
    if (instance.crashLoop || rollout.reason === 'config-changed') clearCounters(state, instance);
    restartInstance(state, instance, rollout.reason);
  }
  lookAgain(state, record, rollout, rollout.pendingMs + readyWaitMs(definition));
  touchAll(state, record, 'rolling');
}

function stopRollout(state: SuperviseState, record: ServiceRecord, why: string): void {
  const { rollout } = record;
  if (rollout === null) return;
  const left = rollout.old.size;
  const rest =
    left === 0 ? '' : `; ${left} of ${rollout.of} ${left === 1 ? 'runs' : 'run'} on as before`;
  rollout.stopped = `${why}${rest}`;
  tell(state, record, rollout, 'stopped');
  leave(state, record);
}

/** `done` null: somebody wants something else of the service. */
function endRollout(state: SuperviseState, record: ServiceRecord, done: Rollout | null): void {
  record.rollout = null;
  if (done !== null) {
    tell(state, record, done, 'done');
    const last = [...record.instances.values()].find(({ run }) => run !== null)?.run;
    if (last) restartFollowers(state, last);
  }
  leave(state, record);
}

function leave(state: SuperviseState, record: ServiceRecord): void {
  arm(state, timerOf(record), null);
  if (record.surge > 0) {
    record.surge = 0;
    removeSurplus(state, fitInstances(state, record).surplus, 'scaled-down');
  }
  touchAll(state, record, 'rolling');
}

function addSurge(state: SuperviseState, record: ServiceRecord): void {
  record.surge = 1;
  for (const instance of fitInstances(state, record).added) wake(state, instance, 'scaled-up');
}

function tell(
  state: SuperviseState,
  record: ServiceRecord,
  { of, old, stopped, actor, reason }: Rollout,
  phase: 'done' | 'stopped',
): void {
  const service = record.definition.name;
  const notice = { kind: 'rolled', service, phase, done: of - old.size, of, why: stopped } as const;
  emit(state, { kind: 'publish', notice: { ...notice, reason, actor } });
}

/** Why a fresh replica will not get ready; null: it is, or it may. */
function troubleOf(instance: Instance, rollout: Rollout): string | null {
  const { id, spawnError, lastExit, lastToken, crashLoop } = instance;
  if (spawnError !== null) return `${id} cannot be started: ${spawnError.message}`;
  const isOfNow = lastToken !== null && !rollout.before.has(lastToken);
  if (isOfNow && lastExit !== null && FAULTS.has(lastExit.endedBy))
    return `${id} ended: ${exitText(lastExit)}`;
  return crashLoop ? `${id} is in a crash loop` : null;
}

function isServing({ phase, ready, run }: Instance): boolean {
  return phase === 'up' && ready && run !== null && run.end === null;
}

function isLive(state: SuperviseState, token: RunToken): boolean {
  const run = state.runs.get(token);
  return run !== undefined && run.exit === null && run.end === null;
}

function readyWaitMs({ healthChecks, stopGraceMs, drainMs = 0 }: Service): number {
  const startMs = Math.max(0, ...healthChecks.map(({ startPeriodMs }) => startPeriodMs));
  return READY_WAIT_MS + startMs + stopGraceMs + drainMs;
}

function timerOf({ definition }: ServiceRecord): string {
  return `rolling:${definition.name}`;
}

function touchAll(state: SuperviseState, record: ServiceRecord, cause: string): void {
  for (const instance of record.instances.values()) touch(state, instance, cause);
  state.changedServices.add(record);
}

/** Its run was started with another definition than the service has now. */
export function isStale(instance: Instance): boolean {
  return instance.run !== null && hashDiffers(instance.run.configHash, instance.service.configHash);
}

/** Somebody wants something else of the service, or has looked at why it was stopped. */
export function forgetRollout(state: SuperviseState, record: ServiceRecord): void {
  if (record.rollout !== null) endRollout(state, record, null);
}
