/**
 * Keeps as many instances of a service as are wanted, each started or stopped as wanted.
 */
import { instanceId } from '../stack/service.ts';
import { configHash } from './config-hash.ts';
import { removeInstance, rest } from './exits.ts';
import type { EndReason, StartReason } from './run.ts';
import { startNow } from './start-order.ts';
import {
  NO_OFFER,
  shouldRun,
  touch,
  type Instance,
  type ServiceRecord,
  type SuperviseState,
} from './state.ts';
import type { Service } from '../stack/service.ts';
import { endRun } from './stop-order.ts';

export function newService(definition: Service): ServiceRecord {
  return {
    definition,
    configHash: configHash(definition),
    wanted: 'running',
    replicas: clampReplicas(definition, definition.replicas),
    instances: new Map(),
    surge: 0,
    rollout: null,
    endpoints: null,
    offer: NO_OFFER,
    removed: false,
  };
}

export function clampReplicas(definition: Service, replicas: number): number {
  const asked = Math.min(definition.maxReplicas, Math.max(definition.minReplicas, replicas));
  return definition.external ? 1 : Math.max(0, Math.floor(asked));
}

/** Adds what lacks without starting it; names those that are too many. */
export function fitInstances(
  state: SuperviseState,
  record: ServiceRecord,
): Readonly<{ added: readonly Instance[]; surplus: readonly Instance[] }> {
  const added: Instance[] = [];
  for (let replica = 1; replica <= record.replicas + record.surge; replica += 1) {
    const existing = record.instances.get(replica);
    if (existing !== undefined) {
      existing.removing = false;
      continue;
    }
    const instance = newInstance(state, record, replica);
    record.instances.set(replica, instance);
    state.instances.set(instance.id, instance);
    added.push(instance);
  }
  const surplus = [...record.instances.values()]
    .filter((instance) => instance.replica > record.replicas + record.surge || record.removed)
    .toSorted((a, b) => b.replica - a.replica);
  return { added, surplus };
}

export function removeSurplus(
  state: SuperviseState,
  surplus: readonly Instance[],
  reason: EndReason,
): void {
  for (const instance of surplus) {
    instance.removing = true;
    stopInstance(state, instance, reason);
  }
}

/** Brings an instance toward what is wanted; `reason` is used when that means a start. */
export function wake(state: SuperviseState, instance: Instance, reason: StartReason): void {
  if (!shouldRun(state, instance)) return;
  // Only its clock or a person begins a run.
  const isScheduled = instance.service.definition.schedule !== undefined;
  if (isScheduled && reason !== 'operator-start') {
    if (instance.phase === 'idle' && instance.rest === 'stopped') rest(state, instance, 'done');
    return;
  }
  if (instance.phase === 'idle' || instance.phase === 'backing-off') {
    startNow(state, instance, reason);
  }
}

export function stopInstance(state: SuperviseState, instance: Instance, reason: EndReason): void {
  if (instance.run !== null) {
    endRun(state, instance.run, reason, false);
    return;
  }
  if (instance.removing) removeInstance(state, instance);
  else if (instance.phase === 'waiting' || instance.phase === 'backing-off') {
    rest(state, instance, 'stopped');
  } else if (instance.phase === 'idle' && instance.rest === 'failed') {
    rest(state, instance, 'stopped');
  }
}

/** Ends the run if there is one, and starts anew in any case. */
export function restartInstance(
  state: SuperviseState,
  instance: Instance,
  reason: EndReason & StartReason,
): void {
  if (instance.run !== null) endRun(state, instance.run, reason, false);
  else if (shouldRun(state, instance) && instance.phase !== 'waiting') {
    startNow(state, instance, reason);
  }
}

export function clearCounters(state: SuperviseState, instance: Instance): void {
  instance.restarts = 0;
  instance.recentMs = [];
  instance.crashLoop = false;
  instance.spawnError = null;
  touch(state, instance, 'reset');
}

function newInstance(state: SuperviseState, record: ServiceRecord, replica: number): Instance {
  const { definition } = record;
  return {
    id: instanceId(definition.name, replica),
    service: record,
    replica,
    phase: definition.external ? 'external' : 'idle',
    rest: 'stopped',
    shown: '',
    sinceMs: state.at.atMs,
    run: null,
    nextReason: 'first-start',
    removing: false,
    ready: false,
    port: {
      allocation: null,
      claimed: false,
      asked: 'no',
      grantedMs: null,
      orphanTries: 0,
      refusals: 0,
      retryMs: null,
      trouble: null,
      mayMove: false,
      move: null,
    },
    restarts: 0,
    restartsByReason: {},
    recentMs: [],
    crashLoop: false,
    lastExit: null,
    lastToken: null,
    nextStart: null,
    waitingFor: [],
    optionalUntilMs: null,
    spawnError: null,
    hookError: null,
    rssBytes: null,
    endAskedMs: null,
  };
}
