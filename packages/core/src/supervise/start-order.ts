/**
 * Starts each instance the moment its own conditions hold: as wide as the graph allows.
 *
 * A service "offers" something to its dependants (started, healthy, completed); only a change of
 * the offer wakes them. Conditions gate every start, not just the first: an instance that crashed
 * because its database is gone waits for the database instead of looping.
 */
import type { Dependency } from '../stack/service.ts';
import { launchOf } from './container-environment.ts';
import { addressOf, environmentFor, fettleUrl, toldPorts } from './environment.ts';
import { beginHooks } from './hooks.ts';
import { askPort, forgetPort, isGrantFresh } from './ports.ts';
import type { StartReason } from './run.ts';
import {
  arm,
  emit,
  isInternal,
  touch,
  type Instance,
  type Offer,
  type Run,
  type ServiceRecord,
  type SuperviseState,
} from './state.ts';
import { notifyWish } from '../stack/health-check.ts';
import { isCounted, isRestartOfOurs } from './restart-policy.ts';

/** How long an optional dependency that is on its way is waited for. */
export const OPTIONAL_WAIT_MS = 10_000;
/** The shell answers a spawn within milliseconds; beyond this it is lost. */
export const SPAWN_WAIT_MS = 10_000;
/** An image may have to be fetched or built first. */
const IMAGE_WAIT_MS = 900_000;

export function offerOf(record: ServiceRecord): Offer {
  let [started, healthy, onTheWay, done, count] = [false, false, false, 0, 0];
  for (const instance of record.instances.values()) {
    if (instance.removing) continue;
    count += 1;
    if (instance.phase === 'external') {
      started = true;
      healthy ||= instance.ready;
    } else if (instance.phase === 'up') {
      started = true;
      healthy ||= instance.ready;
    } else if (instance.phase === 'idle') {
      if (instance.rest === 'done') done += 1;
    } else if (instance.phase !== 'backing-off' && !instance.crashLoop) {
      onTheWay = record.wanted === 'running';
    }
  }
  const completed = count > 0 && done === count;
  const up = record.definition.external ? healthy : started || completed;
  return { started: started || completed, healthy, completed, down: !up && !onTheWay };
}

export function isSameOffer(a: Offer, b: Offer): boolean {
  return (
    a.started === b.started &&
    a.healthy === b.healthy &&
    a.completed === b.completed &&
    a.down === b.down
  );
}

export function isSatisfied(offer: Offer, condition: Dependency['condition']): boolean {
  if (condition === 'service_started') return offer.started;
  if (condition === 'service_healthy') return offer.healthy;
  return offer.completed;
}

/** Names of optional dependencies that do not give what was asked of them. */
export function missingOptional(state: SuperviseState, record: ServiceRecord): readonly string[] {
  const missing: string[] = [];
  for (const { service, required, condition } of record.definition.dependsOn) {
    const offer = state.services.get(service)?.offer;
    if (!required && (offer === undefined || !isSatisfied(offer, condition))) missing.push(service);
  }
  return missing;
}

/** From now on the instance starts as soon as it may; `advance` at the end of the step does it. */
export function startNow(state: SuperviseState, instance: Instance, reason: StartReason): void {
  if (instance.phase === 'backing-off') arm(state, `backoff:${instance.id}`, null);
  instance.phase = 'waiting';
  instance.nextReason = reason;
  instance.nextStart = null;
  instance.optionalUntilMs = null;
  instance.waitingFor = [];
  instance.port.refusals = 0;
  instance.port.orphanTries = 0;
  if (instance.service.definition.port === null) forgetPort(state, instance);
  else if (instance.port.asked === 'no') askPort(state, instance);
  state.advancing.add(instance);
  touch(state, instance, reason);
}

export function advance(state: SuperviseState, instance: Instance): void {
  if (instance.phase !== 'waiting') return;
  const waitingFor = missingFor(state, instance);
  if (!sameList(waitingFor, instance.waitingFor)) {
    instance.waitingFor = waitingFor;
    touch(state, instance, 'waiting');
  }
  if (waitingFor.length > 0) return;
  if (instance.service.definition.port !== null) {
    if (instance.port.asked !== 'no' || instance.port.retryMs !== null) return;
    if (!isGrantFresh(state, instance)) {
      askPort(state, instance);
      return;
    }
  }
  spawn(state, instance);
}

/** Nothing stands against its start, its own run aside. */
export function mayStart(state: SuperviseState, instance: Instance): boolean {
  const own = instance.service.definition.name;
  return missingFor(state, instance).every(({ service }) => service === own);
}

function missingFor(state: SuperviseState, instance: Instance): Instance['waitingFor'] {
  const missing: { service: string; condition: string }[] = [];
  for (const { service, condition, required } of instance.service.definition.dependsOn) {
    const record = state.services.get(service);
    if (record !== undefined && isSatisfied(record.offer, condition)) continue;
    if (!required) {
      if (record === undefined || record.offer.down) continue;
      if (!mayStillWait(state, instance)) continue;
    }
    missing.push({ service, condition });
  }
  for (const run of state.runs.values()) {
    // A run that was given up as no longer wanted, while its instance became wanted again.
    if (run.instanceId === instance.id && run.exit === null) {
      missing.push({ service: instance.service.definition.name, condition: 'end of former run' });
    }
  }
  if (!isInternal(instance.service.definition) && isControllerPortPending(state)) {
    missing.push({ service: '@controller', condition: 'port' });
  }
  return missing;
}

/** FETTLE_URL names the controller's port, so the first start waits for that allocation. */
function isControllerPortPending(state: SuperviseState): boolean {
  const controller = state.services.get('@controller')?.instances.get(1);
  return (
    controller !== undefined &&
    controller.phase === 'waiting' &&
    controller.port.asked !== 'no' &&
    controller.port.allocation === null &&
    controller.port.trouble === null
  );
}

function mayStillWait(state: SuperviseState, instance: Instance): boolean {
  if (instance.optionalUntilMs === null) {
    instance.optionalUntilMs = state.at.nowMs + OPTIONAL_WAIT_MS;
    arm(state, `optional:${instance.id}`, OPTIONAL_WAIT_MS);
  }
  return state.at.nowMs < instance.optionalUntilMs;
}

function spawn(state: SuperviseState, instance: Instance): void {
  const { definition } = instance.service;
  state.runCount += 1;
  const token = `${state.epoch}-${state.runCount}`;
  const run = newRun(state, instance, token);
  state.runs.set(token, run);
  instance.run = run;
  instance.phase = 'spawning';
  instance.spawnError = null;
  instance.hookError = null;
  if (instance.optionalUntilMs !== null) arm(state, `optional:${instance.id}`, null);
  instance.optionalUntilMs = null;
  countStart(state, instance, run.reason);
  emit(state, {
    kind: 'record',
    entry: {
      kind: 'intent',
      token,
      instance: instance.id,
      port: definition.port === null ? null : (instance.port.allocation?.port ?? null),
      configHash: run.configHash,
      reason: run.reason,
      nowMs: state.at.nowMs,
      atMs: state.at.atMs,
      ...(instance.crashLoop ? { crashLoop: true } : {}),
      ...(definition.container === undefined ? {} : { container: true }),
    },
  });
  if (!beginHooks(state, instance, run, 'before_start')) emitSpawn(state, instance, run);
  touch(state, instance, run.reason);
}

/** Once its before_start hooks, if there are any, have done their work. */
export function emitSpawn(
  state: SuperviseState,
  instance: Instance,
  { token, configHash }: Run,
): void {
  const { definition } = instance.service;
  const notify = notifyWish(definition);
  const launch = launchOf(state, instance, { addressOf, url: fettleUrl(state) });
  emit(state, {
    kind: 'spawn',
    token,
    instance: instance.id,
    command: definition.command,
    workingDir: definition.workingDir,
    environment: environmentFor(state, instance, token),
    limits: definition.limits,
    templates: definition.templates,
    configHash,
    ...(definition.given === undefined ? {} : { given: definition.given }),
    ...(notify === null ? {} : { notify }),
    ...(launch === undefined ? {} : { launch }),
  });
  arm(state, `spawn:${token}`, launch === undefined ? SPAWN_WAIT_MS : IMAGE_WAIT_MS);
}

function newRun(state: SuperviseState, instance: Instance, token: string): Run {
  const { definition } = instance.service;
  return {
    token,
    instanceId: instance.id,
    instance,
    configHash: instance.service.configHash,
    reason: instance.nextReason,
    startedMs: state.at.nowMs,
    startedAtMs: state.at.atMs,
    pid: null,
    shimPid: null,
    told: toldPorts(state, instance),
    confirmed: false,
    everReady: false,
    unjudged: false,
    held: [],
    readySinceMs: null,
    end: null,
    exit: null,
    treeGone: false,
    kills: 0,
    stopSignal: definition.stopSignal,
    stopGraceMs: definition.stopGraceMs,
  };
}

function countStart(state: SuperviseState, instance: Instance, reason: StartReason): void {
  if (reason === 'first-start') return;
  instance.restartsByReason[reason] = (instance.restartsByReason[reason] ?? 0) + 1;
  if (isRestartOfOurs(reason)) instance.restarts += 1;
  if (isCounted(reason)) {
    instance.recentMs.push(state.at.nowMs);
    const bound = instance.service.definition.intensity.count + 1;
    while (instance.recentMs.length > bound) instance.recentMs.shift();
  }
}

function sameList(a: Instance['waitingFor'], b: Instance['waitingFor']): boolean {
  return (
    a.length === b.length &&
    a.every((one, i) => one.service === b[i]!.service && one.condition === b[i]!.condition)
  );
}
