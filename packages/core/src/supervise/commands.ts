/**
 * What people ask for. A wish is recorded before it is acted on, so it survives the daemon.
 */
import type { SuperviseEvent } from './event.ts';
import {
  clampReplicas,
  clearCounters,
  fitInstances,
  removeSurplus,
  restartInstance,
  stopInstance,
  wake,
} from './instances.ts';
import { forgetRollout, mayRoll, startRollout } from './rolling.ts';
import {
  emit,
  isInternal,
  type Instance,
  type ServiceRecord,
  type SuperviseState,
} from './state.ts';

type Command = Extract<SuperviseEvent, { kind: 'command-given' }>;
type Scale = Extract<SuperviseEvent, { kind: 'scale-asked' }>;

export function takeCommand(state: SuperviseState, event: Command): void {
  const records = recordsOf(state, event);
  emit(state, {
    kind: 'publish',
    notice: {
      kind: 'command-taken',
      command: event.command,
      services: records.map(({ definition }) => definition.name),
      actor: event.actor,
    },
  });
  // "Everything" does not mean to run finished jobs again; naming one does.
  const toStart = records
    .flatMap(({ instances }) => [...instances.values()])
    .filter((one) => event.services.length > 0 || one.phase !== 'idle' || one.rest !== 'done');
  switch (event.command) {
    case 'start':
      for (const record of records) want(state, record, 'running', event.actor);
      for (const one of toStart) runAgain(state, one);
      for (const one of toStart) wake(state, one, 'operator-start');
      return;
    case 'stop':
      for (const record of records) want(state, record, 'stopped', event.actor);
      for (const record of records) {
        forInstances(record, (one) => stopInstance(state, one, 'operator-stop'));
      }
      return;
    case 'restart':
      for (const record of records) want(state, record, 'running', event.actor);
      for (const record of records) forgetRollout(state, record);
      for (const one of toStart) {
        if (event.rolling === true && mayRoll(one.service)) continue;
        runAgain(state, one);
        restartInstance(state, one, 'operator-restart');
      }
      if (event.rolling === true) for (const record of records) roll(state, record, event.actor);
      return;
    case 'reset':
      for (const record of records) reset(state, record);
      return;
    case 'detach':
      return;
    case 'down':
      goDown(state);
      return;
    default:
      event.command satisfies never;
  }
}

/** A service of one replica has nobody who could serve meanwhile: it was restarted as ever. */
function roll(state: SuperviseState, record: ServiceRecord, actor: string): void {
  if (!mayRoll(record)) return;
  startRollout(state, record, { reason: 'operator-restart', actor, stale: () => true });
}

export function takeScale(state: SuperviseState, event: Scale): void {
  const record = state.services.get(event.service);
  if (record === undefined || record.removed || record.definition.external) return;
  record.replicas = clampReplicas(record.definition, event.replicas);
  recordWanted(state, record, event.actor);
  emit(state, {
    kind: 'publish',
    notice: {
      kind: 'command-taken',
      command: `scale to ${record.replicas}`,
      services: [event.service],
      actor: event.actor,
    },
  });
  rescale(state, record);
}

export function rescale(state: SuperviseState, record: ServiceRecord): void {
  const { added, surplus } = fitInstances(state, record);
  for (const instance of added) wake(state, instance, 'scaled-up');
  removeSurplus(state, surplus, 'scaled-down');
  state.changedServices.add(record);
}

export function recordWanted(state: SuperviseState, record: ServiceRecord, actor: string): void {
  const { wanted, replicas, definition } = record;
  const entry = { kind: 'wanted', service: definition.name, wanted, replicas, actor } as const;
  state.remembered.add(definition.name);
  emit(state, { kind: 'record', entry });
}

function want(
  state: SuperviseState,
  record: ServiceRecord,
  wanted: ServiceRecord['wanted'],
  actor: string,
): void {
  if (record.wanted === wanted) return;
  record.wanted = wanted;
  recordWanted(state, record, actor);
  state.changedServices.add(record);
}

/** What ended for good is wanted once more; recorded, so that a dying daemon does not forget it. */
function runAgain(state: SuperviseState, instance: Instance): void {
  if (instance.phase !== 'idle' || instance.rest === 'stopped') return;
  const service = instance.service.definition.name;
  emit(state, { kind: 'record', entry: { kind: 'reset', service } });
  clearCounters(state, instance);
}

function reset(state: SuperviseState, record: ServiceRecord): void {
  record.wanted = 'running';
  if (record.rollout !== null && record.rollout.stopped !== null) forgetRollout(state, record);
  const { name } = record.definition;
  emit(state, { kind: 'record', entry: { kind: 'reset', service: name } });
  forInstances(record, (instance) => {
    clearCounters(state, instance);
    const isDone = instance.phase === 'idle' && instance.rest === 'done';
    if (!isDone) wake(state, instance, 'reset');
  });
}

/** The next `up` is a fresh beginning: jobs run again, nothing stays stopped. */
export function goDown(state: SuperviseState): void {
  if (state.goingDown) return;
  state.goingDown = true;
  for (const record of state.services.values()) {
    const { name } = record.definition;
    emit(state, { kind: 'record', entry: { kind: 'reset', service: name } });
    record.wanted = 'running';
    forInstances(record, (instance) => stopInstance(state, instance, 'stack-down'));
  }
}

function recordsOf(
  state: SuperviseState,
  { command, services }: Command,
): readonly ServiceRecord[] {
  if (command === 'detach') return [];
  return command === 'down' ? userServices(state) : named(state, services);
}

function named(state: SuperviseState, names: readonly string[]): readonly ServiceRecord[] {
  if (names.length === 0) return userServices(state);
  return [...state.services.values()].filter(
    ({ definition, removed }) =>
      names.includes(definition.name) && !removed && !definition.external,
  );
}

function userServices(state: SuperviseState): readonly ServiceRecord[] {
  return [...state.services.values()].filter(
    ({ definition, removed }) => !isInternal(definition) && !removed && !definition.external,
  );
}

function forInstances(record: ServiceRecord, visit: (instance: Instance) => void): void {
  for (const instance of record.instances.values()) visit(instance);
}
