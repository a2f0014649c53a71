/**
 * The controller as a whole: opens the store, links to the supervisor, serves the API, and takes
 * everything down again in order. `main.ts` gives it the parts; tests give it smaller ones.
 */
import { chmodSync, rmSync } from 'node:fs';
import { makeFolders } from '@fettle/sdk/daemon/make-folders';
import { readDaemonFile, type StatePaths } from '@fettle/sdk/daemon/paths';
import type { DaemonStatus } from '@fettle/sdk/api/status';
import { FettleError } from '@fettle/sdk/fettle-error';
import { writeDaemonFile } from './daemon-file.ts';
import { firstSnapshot } from './first-snapshot.ts';
import { isLoopback } from './http/guard.ts';
import { createApi, type Api } from './http/server.ts';
import { createTokens, type Tokens } from './http/tokens.ts';
import { createJournal, type FullJournal } from './journal.ts';
import type { ErrorsPart } from './errors/errors-part.ts';
import type { LoopPart } from './loop/loop-part.ts';
import type { FiguresPart, HealthPart, LogsPart, SupervisorLink, WhyPart } from './parts.ts';
import { createRecorder } from './recorder.ts';
import { createStatusKeeper } from './status-keeper.ts';
import { openStore } from './store-open.ts';
import type { Store } from './store.ts';
import type { WatchPart } from './watch/watch-part.ts';
import { createSupervisorLink, type FullLink } from './supervisor-link.ts';

export type Log = Readonly<{
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}>;

/** What every part is built from. */
export type PartDeps = Readonly<{
  link: SupervisorLink;
  journal: FullJournal;
  store: Store;
  paths: StatePaths;
  log: Log;
  nowMs: () => number;
  /** Does the store keep what it is given? */
  durable: boolean;
  /** Of the engine. */
  version: string;
}>;
export type Parts = Readonly<{
  health: HealthPart;
  figures: FiguresPart;
  logs: LogsPart;
  why: WhyPart;
  loop: LoopPart;
  errors: ErrorsPart;
  watch: WatchPart;
}>;

export type ControllerOptions = Readonly<{
  paths: StatePaths;
  /** Address to listen on; beyond loopback tokens are required. */
  host: string;
  /** null: 7700 or the next free one. */
  port: number | null;
  allowedHosts: readonly string[];
  version: string;
  /** Built dashboard; null: none. */
  dashboardDir: string | null;
  log: Log;
  buildParts: (deps: PartDeps) => Parts | Promise<Parts>;
}>;

export type Controller = Readonly<{ url: string; port: number; stop(): Promise<void> }>;

const firstPort = 7_700;
const portsTried = 100;
/** The CLI waits longer than this for a controller that restarts. */
const firstSnapshotMs = 2_000;
const firstTokenMs = 15 * 60_000;
/** A part that does not stop in this time is left: the process ends anyhow. */
const stopPartsMs = 400;

/** @throws FettleError E-STORE-NEWER, E-API-LISTEN */
export async function startController(options: ControllerOptions): Promise<Controller> {
  const { paths, log, version } = options;
  const nowMs = Date.now;
  const startedAtMs = nowMs();
  const { store, trouble, durable } = openStore(paths.database, startedAtMs);
  const journal = createJournal(store, {
    nowMs,
    onError: (cause) => log.error({ err: cause }, 'journal cannot be written'),
  });
  tellStart(journal, trouble);
  const link = createSupervisorLink({
    socketPath: paths.supervisorSocket,
    ...createRecorder(journal, store, nowMs),
    onError: (error) => log.warn({ reason: reasonOf(error) }, 'supervisor link'),
  });
  const parts = await options.buildParts({
    link,
    journal,
    store,
    paths,
    log,
    nowMs,
    durable,
    version,
  });
  let url = '';
  const daemon = (): DaemonStatus => ({
    supervisorPid: link.info()?.pid ?? null,
    controllerPid: process.pid,
    supervisorConnected: link.connected(),
    version,
    url,
  });
  const dir = paths.stackDir;
  const status = createStatusKeeper({ link, journal, store, ...parts, dir, daemon, nowMs });
  const tokens = createTokens(store, nowMs);
  const api = await createApi({
    parts: {
      ...options,
      link,
      journal,
      store,
      durable,
      ...parts,
      status,
      tokens,
      startedAtMs,
      nowMs,
    },
    host: options.host,
    allowedHosts: options.allowedHosts,
    onError: (error, request) => log.error({ err: error, ...request }, 'request failed'),
  });
  link.start();
  await firstSnapshot(link, firstSnapshotMs);
  const port = await listen(api, options);
  url = `http://${urlHost(options.host)}:${port}`;
  const announce = (): void => announceTo(paths, link, { url, version, log });
  announce();
  const offConnection = link.onConnection((connected) => {
    if (connected) announce();
    else tellAway(journal);
  });
  printFirstToken(options, tokens);
  log.info({ url, 'service.version': version }, 'controller is up');
  return {
    url,
    port,
    async stop() {
      offConnection();
      status.stop();
      await api.close();
      rmSync(paths.controllerSocket, { force: true });
      link.stop();
      const { loop, errors, health, figures, logs, why, watch } = parts;
      const all = [watch, loop, errors, health, figures, logs, why];
      await within(stopPartsMs, Promise.allSettled(all.map((part) => part.stop())));
      journal.stop();
      await store.close();
    },
  };
}

async function listen(api: Api, options: ControllerOptions): Promise<number> {
  const { paths, port } = options;
  makeFolders(paths.runtimeDir);
  // Ours by right: one daemon per stack holds the lock, and it runs one controller at a time.
  rmSync(paths.controllerSocket, { force: true });
  await api.listenUnix(paths.controllerSocket);
  chmodSync(paths.controllerSocket, 0o600);
  const candidates = Array.from({ length: portsTried }, (_, index) => firstPort + index);
  for (const candidate of port === null ? candidates : [port, ...candidates])
    try {
      return await api.listenTcp(candidate);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE' && code !== 'EACCES') throw cannotListen(options, cause);
    }
  throw cannotListen(options, null);
}

function cannotListen({ host }: ControllerOptions, cause: unknown): FettleError {
  return new FettleError('E-API-LISTEN', `the API cannot listen on ${host}`, {
    hint: `free a port from ${firstPort} to ${firstPort + portsTried - 1}, or set FETTLE_HOST`,
    cause,
    status: 500,
  });
}

function announceTo(
  paths: StatePaths,
  link: FullLink,
  { url, version, log }: Readonly<{ url: string; version: string; log: Log }>,
): void {
  try {
    const supervisorPid =
      link.info()?.pid ?? readDaemonFile(paths.daemonFile)?.supervisorPid ?? process.ppid;
    const socket = paths.controllerSocket;
    writeDaemonFile(paths.daemonFile, {
      supervisorPid,
      controllerPid: process.pid,
      url,
      socket,
      version,
    });
  } catch (cause) {
    log.error({ err: cause }, 'daemon.json cannot be written');
  }
}

function tellStart(journal: FullJournal, trouble: string | null): void {
  const common = { service: null, instance: null, data: { pid: process.pid } };
  journal.append({
    ...common,
    kind: 'daemon.controller-started',
    severity: 'info',
    text: `the controller started (pid ${process.pid})`,
  });
  if (trouble !== null)
    journal.append({ ...common, kind: 'daemon.store-trouble', severity: 'error', text: trouble });
}

function tellAway(journal: FullJournal): void {
  journal.append({
    kind: 'daemon.supervisor-away',
    service: null,
    instance: null,
    severity: 'warn',
    text: 'the supervisor does not answer: figures are as last seen',
    data: {},
  });
}

/** Beyond loopback nobody gets in without a token: the first one is told once, where we log. */
function printFirstToken({ host, log }: ControllerOptions, tokens: Tokens): void {
  if (isLoopback(host) || tokens.count() > 0) return;
  const { token } = tokens.issue({ role: 'admin', once: true, ttlMs: firstTokenMs });
  log.warn(
    { host },
    `one-time token, good for 15 minutes, for the page and POST /api/v1/session: ${token}`,
  );
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

async function within(deadlineMs: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, deadlineMs);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof FettleError)) return error instanceof Error ? (error.stack ?? '') : '';
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.code}: ${error.message}${cause}`;
}
