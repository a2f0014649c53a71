/** Puts the supervisor together: state folder, lock, adoption, driver, socket. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SuperviseEffect } from '@fettle/core/supervise/effect';
import { PROTOCOL_VERSION, type SupervisorInfo } from '@fettle/core/supervise/protocol';
import { compactRunLog } from '@fettle/core/supervise/run-log-compaction';
import { createState, type SuperviseState } from '@fettle/core/supervise/step';
import { instanceViews, isGoingDown } from '@fettle/core/supervise/views';
import type { PortOwner } from '@fettle/core/stack/port';
import { readBootId, readOwnRssBytes } from '@fettle/proc/machine';
import { ownerOfPort } from '@fettle/proc/port-owner';
import { containersSocket, readDaemonFile, type StatePaths } from '@fettle/sdk/daemon/paths';
import { FettleError } from '@fettle/sdk/fettle-error';
import { holdName } from './abstract-socket.ts';
import { adopt, type Adoption, isOurs } from './adoption.ts';
import { type ContainerHost, createContainerHost } from './container-host.ts';
import { controllerInstance, controllerName, controllerService } from './controller-service.ts';
import { removeDaemonFile, writeDaemonFile } from './daemon-file.ts';
import { type Crowd, createDriver, type Driver } from './driver.ts';
import { writeEndpoints } from './endpoints-file.ts';
import { settleIdentity } from './folder-identity.ts';
import { createHookHost, type HookHost } from './hook-host.ts';
import { createLimitGroups, type LimitGroups } from './limits/limit-groups.ts';
import { watchedOf, type LiveRun } from './live-run.ts';
import { keeperMain, keeperService, tidyContainers } from './keeper-service.ts';
import { createNoticeRing, type NoticeRing } from './notice-ring.ts';
import { log } from './own-log.ts';
import { createPortFinder, type PortFinder } from './port-finder.ts';
import type { RunHost } from './run-host.ts';
import { createProcessHost, type ProcessHost } from './process-host.ts';
import { openRequestKeys } from './request-keys.ts';
import { answerRequest } from './requests.ts';
import { openRunLog, readRunLog, rewriteRunLog, type RunLogFile } from './run-log-file.ts';
import { prepareStateFolder, readStack, signStateFolder, writeStack } from './state-folder.ts';
import { listenOnWire, type WireServer } from './wire-server.ts';

export type DaemonOptions = Readonly<{
  paths: StatePaths;
  /** null: no controller is run. */
  controllerPath: string | null;
  version: string;
  /** true: started by `fettle down` to stop what a dead daemon left. Absent: to run the stack. */
  ending?: boolean;
  /** `down` is complete. */
  onHalt: () => void;
}>;

export type Daemon = Readonly<{
  /** Leaves the services running: the next daemon adopts them. */
  leave(): void;
}>;

type Parts = {
  readonly options: DaemonOptions;
  readonly state: SuperviseState;
  readonly runLog: RunLogFile;
  readonly ports: PortFinder;
  /** Port by instance, with the address that it was tested on. */
  readonly places: Map<string, Readonly<{ host: string; port: number }>>;
  readonly epochs: Set<string>;
  readonly groups: LimitGroups;
  host: ProcessHost;
  readonly hooks: HookHost;
  containers: ContainerHost;
  /** The keeper's main.js; null: it is not built. */
  readonly keeper: string | null;
  driver: Driver;
  wire: WireServer | null;
};

/**
 * @throws FettleError E-DAEMON-RUNNING, E-STATE-READONLY, E-STATE-HOST, E-STATE-MOVED,
 * E-RUNTIME-FOLDER.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { paths } = options;
  const startedAtMs = Date.now();
  const lock = await holdName(paths.lockName);
  if (lock === null) throw alreadyRunning(paths);
  await settleIdentity(paths, prepareStateFolder(paths));
  signStateFolder(paths);
  const epoch = newEpoch(paths.hash);
  const stack = readStack(paths.stackFile);
  const adoption = takeLogOver(paths, epoch);
  const parts = assemble(options, adoption);
  const ring = createNoticeRing(epoch);
  const keys = openRequestKeys(join(paths.stateDir, 'requests.log'));
  const info = (): SupervisorInfo => ({
    pid: process.pid,
    version: options.version,
    epoch,
    protocol: PROTOCOL_VERSION,
    stateDir: paths.stateDir,
    startedAtMs,
    rssBytes: readOwnRssBytes(),
    runLogDurable: parts.runLog.durable(),
    controllerPid: controllerPid(parts),
  });
  const snapshot = () => snapshotOf(parts, ring);
  const keepStack = (applied: NonNullable<typeof stack>) => writeStack(paths.stackFile, applied);
  const { state } = parts;
  const handle = parts.driver.handle;
  parts.wire = await listenOnWire({
    socketPath: paths.supervisorSocket,
    ring,
    snapshot,
    isCrowded: () => parts.driver.isCrowded(),
    answer: (body, key) =>
      answerRequest(body, key, { state, keys, handle, info, snapshot, keepStack }),
  });
  writeDaemonFile(paths, options.version, adoptedController(adoption));
  const { entries } = adoption;
  const survivors = adoption.survivors.map((survivor) => ({
    ...survivor,
    held: parts.host.runs.get(survivor.token)?.held ?? [],
  }));
  const ending = options.ending === true;
  handle({ kind: 'daemon-started', epoch, stack, entries, survivors, ending });
  log('info', 'supervisor started', { epoch, adopted: survivors.length, pid: process.pid });
  return {
    leave() {
      parts.driver.stop();
      parts.host.stop();
      parts.containers.stop();
      parts.wire?.close();
      parts.runLog.close();
      keys.close();
      lock.release();
    },
  };
}

/** `-` stands between epoch and count in a token, so that neither may hold one. */
function newEpoch(hash: string): string {
  const random = Math.floor(Math.random() * 36 ** 4).toString(36);
  return `${hash.slice(0, 8)}${Date.now().toString(36)}${random.padStart(4, '0')}`;
}

function takeLogOver(paths: StatePaths, epoch: string): Adoption {
  const bootId = readBootId();
  const adoption = adopt(paths, readRunLog(paths.runLog), bootId);
  const live = new Set(adoption.survivors.map(({ token }) => token));
  const entries = [
    ...compactRunLog(adoption.entries, live),
    { kind: 'daemon' as const, epoch, bootId, atMs: Date.now() },
  ];
  rewriteRunLog(paths.runLog, entries);
  return { ...adoption, entries };
}

function assemble(options: DaemonOptions, adoption: Adoption): Parts {
  const { paths, controllerPath } = options;
  const internal = controllerPath === null ? [] : [controllerService(paths, controllerPath)];
  const keeper = keeperMain(controllerPath);
  const state = createState({
    stateDir: paths.stateDir,
    internal,
    fettleUrl: null,
    ...(keeper === null ? {} : { keeper: keeperService(paths, keeper) }),
  });
  const ownerOf = (port: number, host: string): PortOwner => describeOwner(parts, port, host);
  const enabled = process.env['FETTLE_CGROUPS'] !== 'off';
  const groups = createLimitGroups({ hash: paths.hash, enabled });
  const parts: Parts = {
    options,
    groups,
    state,
    runLog: openRunLog(paths.runLog),
    ports: createPortFinder(ownerOf),
    places: new Map(),
    epochs: new Set(adoption.entries.flatMap((one) => (one.kind === 'daemon' ? [one.epoch] : []))),
    driver: createDriver(state, (effect, crowd) => perform(parts, effect, crowd)),
    host: createProcessHost({
      paths,
      ownerOf,
      emit: (event) => {
        parts.driver.handle(event);
        if (event.kind === 'run-spawned') noteStart(parts, event.token);
        if (event.kind === 'pid-learned') tellController(parts, event.token);
      },
      groups,
      mayForget: () => parts.runLog.durable(),
    }),
    hooks: createHookHost(paths, (event) => parts.driver.handle(event)),
    containers: createContainerHost({
      socketPath: containersSocket(paths),
      emit: (event) => parts.driver.handle(event),
      instances: () => [...state.instances.keys()],
    }),
    keeper,
    wire: null,
  };
  const stack = readStack(paths.stackFile);
  const definitions = new Map(stack?.services.map((service) => [service.name, service]));
  const runs = adoption.runs.map((run): LiveRun => {
    const name = run.instance.slice(0, run.instance.lastIndexOf('.'));
    const definition = definitions.get(name);
    const held =
      definition === undefined || run.pid === null || run.ended
        ? []
        : parts.groups.adopt(run.token, run.pid, definition.limits);
    const host = definition?.port?.host ?? '127.0.0.1';
    if (run.port !== null) parts.places.set(run.instance, { host, port: run.port });
    return { ...run, host, held, watched: watchedOf(held) };
  });
  parts.host.adopt(runs, adoption.leftovers);
  parts.containers.adopt(adoption.containers);
  return parts;
}

type Act = Exclude<SuperviseEffect, { kind: 'arm' }>;

function perform(parts: Parts, effect: Act, crowd: Crowd): void {
  switch (effect.kind) {
    case 'record':
      parts.runLog.append(effect.entry);
      return;
    case 'spawn':
      spawn(parts, effect, crowd);
      return;
    case 'run-hook':
      parts.hooks.run(effect);
      return;
    case 'kill-hook':
      parts.hooks.kill(effect.id);
      return;
    case 'signal':
      hostOf(parts, effect.token).signal(effect.token, effect.posixSignal);
      return;
    case 'kill-tree':
      hostOf(parts, effect.token).killTree(effect.token);
      return;
    case 'continue':
      hostOf(parts, effect.token).continueTree(effect.token);
      return;
    case 'find-port':
      findPort(parts, effect);
      return;
    case 'claim-port':
      void parts.ports.claim(effect.instance, effect.port);
      return;
    case 'release-port':
      parts.ports.release(effect.instance, effect.port);
      return;
    case 'tell-endpoints':
      writeEndpoints(parts.options.paths.stateDir, effect.service, effect.endpoints);
      return;
    case 'publish':
      parts.wire?.publish(effect.notice);
      if (effect.notice.kind === 'instance-removed') parts.containers.forgetOthers();
      return;
    case 'halt':
      halt(parts);
      return;
    default:
      effect satisfies never;
  }
}

function spawn(parts: Parts, effect: Extract<Act, { kind: 'spawn' }>, crowd: Crowd): void {
  const place = parts.places.get(effect.instance);
  const hasPort = effect.environment['PORT'] === `${place?.port}`;
  const host = effect.launch === undefined ? parts.host : parts.containers;
  host.start(effect, {
    host: place?.host ?? '127.0.0.1',
    port: hasPort ? (place?.port ?? null) : null,
    crowd,
  });
}

function hostOf(parts: Parts, token: string): RunHost {
  return parts.containers.has(token) ? parts.containers : parts.host;
}

function noteStart(parts: Parts, started: string): void {
  const run = parts.host.runs.get(started);
  if (run === undefined || run.shimPid === null) return;
  const { token, shimPid, shimTicks } = run;
  parts.runLog.append({ kind: 'started', token, shimPid, startTicks: shimTicks ?? 0 });
}

function findPort(parts: Parts, effect: Extract<Act, { kind: 'find-port' }>): void {
  void parts.ports.find(effect).then((answer) => {
    if (answer.kind === 'port-granted')
      parts.places.set(answer.instance, { host: effect.host, port: answer.port });
    parts.driver.handle(answer);
  });
}

/** Whose is it? A token of this stack names its run, live or left over. */
function describeOwner(parts: Parts, port: number, host: string): PortOwner {
  const holder = ownerOfPort(port, host);
  if (holder === null || holder.pid === null)
    return { pid: null, command: null, kind: 'unknown', instance: null, runningForMs: null };
  const { pid, command, runningForMs, token } = holder;
  const run = token === null ? undefined : parts.host.runs.get(token);
  const instance = run?.instance ?? null;
  if (run !== undefined && !run.ended)
    return { pid, command, kind: 'ours', instance, runningForMs };
  const ours = token !== null && isOurs(token, parts.epochs, parts.options.paths.hash);
  return { pid, command, kind: ours ? 'orphan' : 'foreign', instance, runningForMs };
}

function snapshotOf(parts: Parts, ring: NoticeRing) {
  return {
    epoch: ring.epoch,
    seq: ring.seq(),
    stack: parts.state.stack,
    instances: instanceViews(parts.state),
    goingDown: isGoingDown(parts.state),
  };
}

function controllerPid(parts: Parts): number | null {
  for (const run of parts.host.runs.values())
    if (run.instance === controllerInstance && !run.ended) return run.pid;
  return null;
}

function adoptedController(adoption: Adoption): number | null {
  return adoption.survivors.find(({ instance }) => instance === controllerInstance)?.pid ?? null;
}

function tellController(parts: Parts, token: string): void {
  const run = parts.host.runs.get(token);
  if (run?.instance.startsWith(`${controllerName}.`) !== true) return;
  writeDaemonFile(parts.options.paths, parts.options.version, run.pid);
}

function halt(parts: Parts): void {
  log('info', 'supervisor ends: the stack is down');
  parts.groups.close();
  removeDaemonFile(parts.options.paths);
  rmSync(join(parts.options.paths.stateDir, 'requests.log'), { force: true });
  // Nobody reads them any more; the next start writes them anew.
  for (const name of ['secrets', 'configs'])
    rmSync(join(parts.options.paths.stateDir, name), { recursive: true, force: true });
  const { keeper } = parts;
  const mayHold = keeper !== null && existsSync(join(parts.options.paths.stateDir, 'containers'));
  if (mayHold) void tidyContainers(parts.options.paths, keeper).then(parts.options.onHalt);
  else parts.options.onHalt();
}

function alreadyRunning(paths: StatePaths): FettleError {
  const pid = readDaemonFile(paths.daemonFile)?.supervisorPid;
  const who = pid === undefined ? '' : ` (pid ${pid})`;
  const message = `a daemon${who} already runs the stack in ${paths.stackDir}`;
  return new FettleError('E-DAEMON-RUNNING', message, {
    hint: 'Use it with "fettle status", or end it with "fettle down".',
    exitCode: 3,
  });
}
