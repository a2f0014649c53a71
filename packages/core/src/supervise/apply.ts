/**
 * Takes a newly applied stack: adds, removes, rescales, and restarts only what changed.
 */
import { dependencyGraph, findCycle } from '../stack/dependency-graph.ts';
import type { Service, Stack } from '../stack/service.ts';
import { compareServices } from './changes.ts';
import { recordWanted, rescale } from './commands.ts';
import { configHash, hashDiffers } from './config-hash.ts';
import type { StackChange } from './effect.ts';
import {
  clampReplicas,
  clearCounters,
  fitInstances,
  newService,
  removeSurplus,
  restartInstance,
  wake,
} from './instances.ts';
import { askPort } from './ports.ts';
import { isStale, mayRoll, startRollout } from './rolling.ts';
import {
  emit,
  isInternal,
  touch,
  type Instance,
  type ServiceRecord,
  type SuperviseState,
} from './state.ts';

type Change = Readonly<{ service: string; change: StackChange; why: string }>;

/** A stack with a cycle cannot start and is ignored; the shell refuses it before (`findCycle`). */
export function takeStack(state: SuperviseState, stack: Stack): void {
  const services = withInternal(state, stack);
  if (findCycle(services) !== null) return;
  const cameBack = state.goingDown;
  state.goingDown = false;
  state.stack = stack;
  const changes: Change[] = [];
  const names = new Set(services.map(({ name }) => name));
  for (const record of state.services.values()) {
    if (names.has(record.definition.name) || record.removed) continue;
    changes.push(leave(state, record));
  }
  for (const definition of services) {
    const record = state.services.get(definition.name);
    const change =
      record === undefined || record.removed
        ? join(state, definition, record)
        : edit(state, record, definition);
    if (!isInternal(definition)) changes.push(change);
    if (cameBack)
      for (const one of record?.instances.values() ?? []) wake(state, one, 'first-start');
  }
  orderServices(state, services);
  rebuildGraph(state);
  for (const record of state.services.values()) {
    for (const instance of record.instances.values()) {
      state.changedServices.add(record);
      state.advancing.add(instance);
    }
  }
  emit(state, { kind: 'publish', notice: { kind: 'stack-changed', changes } });
}

export function withInternal(state: SuperviseState, stack: Stack | null): readonly Service[] {
  const own = stack?.services ?? [];
  const names = new Set(own.map(({ name }) => name));
  const { internal, keeper } = state.options;
  // Once there it stays until the stack is down: it ends what the last container leaves.
  const kept =
    keeper !== undefined &&
    (state.services.has(keeper.name) || own.some(({ container }) => container !== undefined))
      ? [keeper]
      : [];
  return [...internal.filter(({ name }) => !names.has(name)), ...kept, ...own];
}

/**
 * Services that left stay in the graph until their instances have: their stop has an order, too.
 */
export function rebuildGraph(state: SuperviseState): void {
  state.graph = dependencyGraph([...state.services.values()].map(({ definition }) => definition));
}

function leave(state: SuperviseState, record: ServiceRecord): Change {
  record.removed = true;
  record.replicas = 0;
  const service = record.definition.name;
  emit(state, { kind: 'record', entry: { kind: 'reset', service } });
  removeSurplus(state, [...record.instances.values()], 'removed');
  if (record.instances.size === 0) state.services.delete(service);
  return { service, change: 'removed', why: 'no longer in the stack' };
}

function join(
  state: SuperviseState,
  definition: Service,
  leaving: ServiceRecord | undefined,
): Change {
  const record = leaving ?? newService(definition);
  setDefinition(record, definition);
  record.removed = false;
  record.wanted = 'running';
  record.replicas = clampReplicas(definition, definition.replicas);
  state.services.set(definition.name, record);
  if (state.remembered.has(definition.name)) recordWanted(state, record, 'apply');
  const { added, surplus } = fitInstances(state, record);
  for (const instance of added) wake(state, instance, 'first-start');
  removeSurplus(state, surplus, 'scaled-down');
  return { service: definition.name, change: 'added', why: 'new in the stack' };
}

function edit(state: SuperviseState, record: ServiceRecord, definition: Service): Change {
  const before = record.definition;
  const service = definition.name;
  const compared = compareServices(before, definition);
  setDefinition(record, definition);
  if (before.external !== definition.external) return swapKind(state, record, compared.why);
  const wasReplicas = record.replicas;
  const wanted = before.replicas === definition.replicas ? record.replicas : definition.replicas;
  record.replicas = clampReplicas(definition, wanted);
  if (record.replicas !== wasReplicas) recordWanted(state, record, 'apply');
  const rolls = mayRoll(record);
  const lostSchedule = before.schedule !== undefined && definition.schedule === undefined;
  for (const instance of record.instances.values()) {
    if (compared.change === 'restarted') restartChanged(state, instance, { before, rolls });
    else if (isWorthAnotherTry(instance)) wake(state, instance, 'operator-start');
    else if (lostSchedule) wake(state, instance, 'config-changed');
    if (compared.change === 'updated') touch(state, instance, 'updated');
  }
  rescale(state, record);
  // Also what a rollout that was stopped has left: `up` is a person's second try.
  const isIdle = record.rollout === null || record.rollout.stopped !== null;
  if (rolls && (isIdle || compared.change === 'restarted') && hasStale(record))
    startRollout(state, record, { reason: 'config-changed', actor: 'apply', stale: isStale });
  if (compared.change === 'restarted' && definition.schedule !== undefined)
    return { service, change: 'updated', why: `${compared.why}; from its next run on` };
  if (compared.change === 'restarted') {
    const how = record.wanted === 'stopped' ? '; stays stopped' : rolls ? ROLLING_WORDS : '';
    const why = `${compared.why}${how}`;
    return { service, change: record.wanted === 'stopped' ? 'updated' : 'restarted', why };
  }
  if (record.replicas !== wasReplicas) {
    return { service, change: 'rescaled', why: `${wasReplicas} to ${record.replicas} replicas` };
  }
  return { service, ...compared };
}

const ROLLING_WORDS = '; one replica after another';

function hasStale({ instances }: ServiceRecord): boolean {
  return [...instances.values()].some(isStale);
}

/**
 * An edit is somebody's attempt at a cure, so the counters start afresh. `rolls`: a live run is
 * replaced when its turn comes.
 */
function restartChanged(
  state: SuperviseState,
  instance: Instance,
  { before, rolls }: Readonly<{ before: Service; rolls: boolean }>,
): void {
  const { definition, configHash: hash } = instance.service;
  if (JSON.stringify(before.port) !== JSON.stringify(definition.port)) instance.port.mayMove = true;
  if (rolls && instance.run !== null) return;
  clearCounters(state, instance);
  // A job that is at work ends as it began; its next run is by the new definition.
  if (definition.schedule !== undefined) return;
  if (instance.port.mayMove && instance.phase === 'waiting') askPort(state, instance, true);
  if (instance.run !== null && !hashDiffers(instance.run.configHash, hash)) return;
  restartInstance(state, instance, 'config-changed');
}

/** `up` is a person's second try; only a job whose end nobody knows needs their explicit word. */
function isWorthAnotherTry(instance: Instance): boolean {
  if (instance.service.definition.schedule !== undefined) return false;
  if (instance.phase !== 'idle' || instance.rest !== 'failed') return false;
  return instance.spawnError !== null || instance.lastExit?.kind !== 'unknown';
}

/** From ours to external or back: the instances are of another kind altogether. */
function swapKind(state: SuperviseState, record: ServiceRecord, why: string): Change {
  const { definition } = record;
  record.replicas = clampReplicas(definition, definition.replicas);
  for (const instance of record.instances.values()) {
    if (instance.run !== null) continue;
    instance.phase = definition.external ? 'external' : 'idle';
    wake(state, instance, 'config-changed');
  }
  for (const instance of record.instances.values()) {
    if (instance.run !== null) restartInstance(state, instance, 'config-changed');
  }
  rescale(state, record);
  return { service: definition.name, change: 'restarted', why };
}

function setDefinition(record: ServiceRecord, definition: Service): void {
  record.definition = definition;
  record.configHash = configHash(definition);
}

/** Views are told in order of the file. */
function orderServices(state: SuperviseState, services: readonly Service[]): void {
  const records = new Map<string, ServiceRecord>();
  for (const { name } of services) {
    const record = state.services.get(name);
    if (record !== undefined) records.set(name, record);
  }
  for (const [name, record] of state.services) {
    if (!records.has(name)) records.set(name, record);
  }
  state.services = records;
}
