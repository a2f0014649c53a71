/**
 * The first event of a daemon: takes over what a former one left.
 *
 * Whoever lives goes on untouched, with its pid and port, unless the stack that was applied says
 * otherwise. Whoever died meanwhile is judged by its real exit code, as if we had watched. What
 * nobody knows is called unknown: a service runs again, a job goes to a person.
 */
import { rebuildGraph, withInternal } from './apply.ts';
import { goDown } from './commands.ts';
import { hashDiffers } from './config-hash.ts';
import { addressOf } from './environment.ts';
import type { DueEntry } from './run-log.ts';
import type { Survivor, SuperviseEvent } from './event.ts';
import { decideNext, rest, unknownExit } from './exits.ts';
import { clampReplicas, fitInstances, newService, wake } from './instances.ts';
import { tellDependants } from './ports.ts';
import { createPrng } from './prng.ts';
import { foldRunLog, remembered, type Memory, type RememberedInstance } from './run-log-fold.ts';
import { setReady } from './run-events.ts';
import { isStale, mayRoll, startRollout } from './rolling.ts';
import { instanceId } from '../stack/service.ts';
import { emit, shouldRun, touch, type Instance, type Run, type SuperviseState } from './state.ts';
import { endRun, killLeftovers } from './stop-order.ts';

type Started = Extract<SuperviseEvent, { kind: 'daemon-started' }>;

export function takeStart(state: SuperviseState, event: Started): void {
  state.epoch = event.epoch;
  state.prng = createPrng(event.epoch);
  state.stack = event.stack;
  const memory = foldRunLog(event.entries);
  state.remembered = new Set(memory.wanted.keys());
  state.rememberedDue = new Map([...memory.due].map((one) => dueAsBegun(one, memory)));
  for (const [id, { port }] of memory.instances) {
    if (port !== null) state.lastPorts.set(id, port);
  }
  for (const definition of withInternal(state, event.stack)) {
    const record = newService(definition);
    const wish = memory.wanted.get(definition.name);
    record.wanted = wish?.wanted ?? 'running';
    record.replicas = clampReplicas(definition, wish?.replicas ?? record.replicas);
    state.services.set(definition.name, record);
    fitInstances(state, record);
  }
  rebuildGraph(state);
  for (const instance of state.instances.values()) recall(state, instance, memory);
  const orphans = adoptLiving(state, event.survivors, memory);
  for (const survivor of byEnd(event.survivors)) bury(state, survivor, memory);
  for (const survivor of orphans) endOrphan(state, survivor, memory);
  if (event.ending === true) goDown(state);
  for (const instance of state.instances.values()) judge(state, instance, memory);
  for (const [name, record] of state.services) {
    if (mayRoll(record) && [...record.instances.values()].some(isStale))
      startRollout(state, record, { reason: 'config-changed', actor: 'apply', stale: isStale });
    tellDependants(state, name);
    state.changedServices.add(record);
  }
}

/** The ended ones, the last one last. */
function byEnd(survivors: readonly Survivor[]): readonly Survivor[] {
  const ended = survivors.filter(({ exit }) => exit !== null);
  return ended.toSorted((a, b) => (a.exit?.atMs ?? 0) - (b.exit?.atMs ?? 0));
}

function recall(state: SuperviseState, instance: Instance, memory: Memory): void {
  const known = memory.instances.get(instance.id);
  if (known === undefined) return;
  const { definition } = instance.service;
  instance.restarts = known.restarts;
  instance.restartsByReason = { ...known.restartsByReason };
  instance.recentMs = known.recentMs
    .filter((atMs) => atMs <= state.at.nowMs)
    .slice(-(definition.intensity.count + 1));
  instance.crashLoop = known.crashLoop;
  instance.lastExit = known.lastExit;
  instance.lastToken = known.lastToken;
  if (known.port !== null && definition.port !== null) {
    const { host } = definition.port;
    instance.port.allocation = {
      instance: instance.id,
      port: known.port,
      host,
      fallbackFrom: null,
    };
  }
}

/**
 * Youngest first: of two runs of one instance the older one has to go. A run that the log does not
 * know was started while the log could not be written: it is the youngest.
 */
function adoptLiving(
  state: SuperviseState,
  survivors: readonly Survivor[],
  memory: Memory,
): readonly Survivor[] {
  const lineOf = (survivor: Survivor) => memory.intents.get(survivor.token)?.line ?? Infinity;
  const living = survivors
    .filter(({ exit }) => exit === null)
    .toSorted((a, b) => (lineOf(b) > lineOf(a) ? 1 : -1));
  const orphans: Survivor[] = [];
  for (const survivor of living) {
    const instance = state.instances.get(survivor.instance);
    if (instance === undefined || instance.run !== null || instance.phase === 'external') {
      orphans.push(survivor);
    } else adopt(state, instance, survivor, memory);
  }
  return orphans;
}

function adopt(
  state: SuperviseState,
  instance: Instance,
  survivor: Survivor,
  memory: Memory,
): void {
  const run = survivorRun(state, survivor, memory, instance);
  instance.run = run;
  instance.phase = 'up';
  if (!memory.intents.has(survivor.token)) recordLostIntent(state, run, survivor.port);
  takePortOver(state, instance, survivor);
  touch(state, instance, 'adopted');
  const { definition, configHash } = instance.service;
  if (definition.healthChecks.length === 0) setReady(state, run, true);
  if (!shouldRun(state, instance)) endRun(state, run, 'operator-stop', false);
  else if (definition.schedule === undefined && hashDiffers(run.configHash, configHash)) {
    instance.port.mayMove = true;
    if (!mayRoll(instance.service)) endRun(state, run, 'config-changed', false);
  }
}

function takePortOver(state: SuperviseState, instance: Instance, survivor: Survivor): void {
  const { definition } = instance.service;
  const port = survivor.port ?? instance.port.allocation?.port ?? null;
  if (definition.port === null || port === null) return;
  const { host } = definition.port;
  instance.port.allocation = { instance: instance.id, port, host, fallbackFrom: null };
  instance.port.claimed = true;
  emit(state, { kind: 'claim-port', instance: instance.id, port });
  if (state.lastPorts.get(instance.id) !== port) {
    state.lastPorts.set(instance.id, port);
    emit(state, { kind: 'record', entry: { kind: 'port', instance: instance.id, port } });
  }
}

/** Told ports are read from the order of the log: a dependency that moved later is stale here. */
function survivorRun(
  state: SuperviseState,
  survivor: Survivor,
  memory: Memory,
  instance: Instance | null,
): Run {
  const known = memory.intents.get(survivor.token);
  const run: Run = {
    token: survivor.token,
    instanceId: survivor.instance,
    instance,
    configHash: known?.intent.configHash ?? '',
    reason: known?.intent.reason ?? 'first-start',
    startedMs: Math.min(known?.intent.nowMs ?? state.at.nowMs, state.at.nowMs),
    startedAtMs: known?.intent.atMs ?? state.at.atMs,
    pid: survivor.pid,
    shimPid: survivor.shimPid,
    told: new Map(),
    confirmed: true,
    everReady: false,
    unjudged: true,
    held: survivor.held ?? [],
    readySinceMs: null,
    end: null,
    exit: null,
    treeGone: false,
    kills: 0,
    stopSignal: instance?.service.definition.stopSignal ?? 'SIGTERM',
    stopGraceMs: instance?.service.definition.stopGraceMs ?? ORPHAN_GRACE_MS,
  };
  state.runs.set(run.token, run);
  if (instance === null || known === undefined) return run;
  const told = new Map<string, number>();
  for (const { service } of instance.service.definition.dependsOn) {
    const record = state.services.get(service);
    const port = record === undefined ? null : (addressOf(record)?.port ?? null);
    if (record === undefined || port === null || record.definition.external) continue;
    const moved = [...record.instances.values()].some(
      ({ id }) => (memory.instances.get(id)?.movedAtLine ?? -1) > known.line,
    );
    told.set(service, moved ? STALE_PORT : port);
  }
  return Object.assign(run, { told });
}

const STALE_PORT = -1;
/** Compose's default: the definition of a service that left is not known any more. */
const ORPHAN_GRACE_MS = 10_000;

/** A run whose service left the stack, or a second one of an instance: it has no place here. */
function endOrphan(state: SuperviseState, survivor: Survivor, memory: Memory): void {
  const run = survivorRun(state, survivor, memory, null);
  endRun(state, run, state.instances.has(survivor.instance) ? 'replaced' : 'removed', false);
}

/** The log could not be written when it started: without this line its end would tell nothing. */
function recordLostIntent(state: SuperviseState, run: Run, port: number | null): void {
  emit(state, {
    kind: 'record',
    entry: {
      kind: 'intent',
      token: run.token,
      instance: run.instanceId,
      port,
      configHash: run.configHash,
      reason: run.reason,
      nowMs: run.startedMs,
      atMs: run.startedAtMs,
    },
  });
}

/** Ended while nobody watched; what it left behind goes, too. */
function bury(state: SuperviseState, survivor: Survivor, memory: Memory): void {
  if (survivor.exit === null) return;
  const run = survivorRun(state, survivor, memory, null);
  run.exit = survivor.exit;
  killLeftovers(state, run);
  if (memory.ended.has(survivor.token)) return;
  if (!memory.intents.has(survivor.token)) recordLostIntent(state, run, survivor.port);
  emit(state, {
    kind: 'record',
    entry: { kind: 'ended', token: survivor.token, exit: survivor.exit },
  });
  memory.ended.set(survivor.token, survivor.exit);
  const instance = state.instances.get(survivor.instance);
  if (instance === undefined) return;
  const known = remembered(memory, survivor.instance);
  const isLast = known.last?.intent.token === survivor.token;
  if (!isLast && memory.intents.has(survivor.token)) return;
  instance.lastExit = survivor.exit;
  instance.lastToken = survivor.token;
  if (isLast) return;
  // Younger than all that the log knows of the instance, so its end is the last word.
  known.last = null;
  known.fresh = false;
}

/** Decides for every instance that no survivor speaks for. */
function judge(state: SuperviseState, instance: Instance, memory: Memory): void {
  if (instance.run !== null || instance.phase !== 'idle') return;
  const known = memory.instances.get(instance.id);
  if (!shouldRun(state, instance)) {
    rest(state, instance, 'stopped');
    return;
  }
  if (known === undefined || known.fresh || (known.last === null && instance.lastExit === null)) {
    wake(state, instance, 'first-start');
    return;
  }
  decideNext(state, instance, lastWord(state, instance, known, memory));
}

function lastWord(
  state: SuperviseState,
  instance: Instance,
  known: RememberedInstance,
  memory: Memory,
): NonNullable<Instance['lastExit']> {
  const token = known.last?.intent.token;
  const ended = token === undefined ? instance.lastExit : memory.ended.get(token);
  if (ended) return ended;
  const exit = unknownExit(state.at.atMs);
  instance.lastExit = exit;
  instance.lastToken = token ?? null;
  if (token !== undefined) {
    emit(state, { kind: 'record', entry: { kind: 'ended', token, exit } });
  }
  return exit;
}

/** A run that was decided and never begun still waits for its turn. */
function dueAsBegun([name, due]: [string, DueEntry], memory: Memory): [string, DueEntry] {
  const lastMs = memory.instances.get(instanceId(name, 1))?.last?.intent.atMs ?? 0;
  if (due.did !== 'run' || lastMs < due.atMs) return [name, due];
  const { heldMs: _begun, ...rest } = due;
  return [name, rest];
}
