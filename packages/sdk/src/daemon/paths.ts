/**
 * Where a stack's daemon keeps its things: the state folder, its sockets, its locks.
 *
 * Everything follows from the stack's folder, so that the CLI, the supervisor and the controller
 * agree without asking each other. Sockets live apart from the state (`sun_path` holds 107 bytes).
 */
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

export type StatePaths = Readonly<{
  /** Absolute folder of the config file. */
  stackDir: string;
  /** `<stack dir>/.fettle`, mode 0700. */
  stateDir: string;
  /** Last applied Stack, mode 0600. */
  stackFile: string;
  runLog: string;
  runsDir: string;
  logsDir: string;
  database: string;
  daemonFile: string;
  /** Which machine used the folder last. */
  hostFile: string;
  supervisorOut: string;
  schemaFile: string;
  /** 16 hex digits that name this state folder. */
  hash: string;
  /** Folder of the sockets, mode 0700. */
  runtimeDir: string;
  /** NDJSON protocol of `core/supervise/protocol.ts`. */
  supervisorSocket: string;
  /** HTTP API for the CLI. */
  controllerSocket: string;
  /** Abstract socket: whoever listens on it is the stack's daemon. */
  lockName: string;
}>;

/**
 * `env` decides the runtime folder only. A daemon that was started under another environment may
 * use another one: `livePaths` follows `daemon.json`.
 */
export function statePaths(
  stackDir: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): StatePaths {
  const realDir = realpathOr(resolve(stackDir));
  const stateDir = realpathOr(join(realDir, '.fettle'));
  const hash = createHash('sha256').update(stateDir).digest('hex').slice(0, 16);
  return { ...placed(realDir, stateDir, hash), ...sockets(join(runtimeRoot(env), hash)) };
}

/** As `statePaths`, with the sockets of the daemon that `daemon.json` names, when there is one. */
export function livePaths(
  stackDir: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): StatePaths {
  const paths = statePaths(stackDir, env);
  const daemon = readOwnDaemonFile(paths);
  return daemon === null ? paths : { ...paths, ...sockets(dirname(daemon.socket)) };
}

/** `.fettle/daemon.json`. `socket`: the controller's; the supervisor's lies beside it. */
export type DaemonFile = Readonly<{
  supervisorPid: number;
  controllerPid: number | null;
  /** Base URL of the HTTP API; null until the controller listens. */
  url: string | null;
  socket: string;
  version: string;
}>;

/** null: no daemon wrote one, or it is not readable as such. */
export function readDaemonFile(daemonFile: string): DaemonFile | null {
  try {
    const value: unknown = JSON.parse(readFileSync(daemonFile, 'utf8'));
    if (typeof value !== 'object' || value === null) return null;
    const { supervisorPid, socket } = value as Partial<DaemonFile>;
    if (typeof supervisorPid !== 'number' || typeof socket !== 'string') return null;
    return value as DaemonFile;
  } catch {
    return null;
  }
}

/**
 * As `readDaemonFile`; null also for a file that came along when the folder was copied or moved.
 */
export function readOwnDaemonFile({ daemonFile, hash }: StatePaths): DaemonFile | null {
  const daemon = readDaemonFile(daemonFile);
  return daemon !== null && basename(dirname(daemon.socket)) === hash ? daemon : null;
}

/** Append-only output, stdout and stderr together, of one run. */
export function spoolFile(paths: StatePaths, instance: string, token: string): string {
  return join(paths.logsDir, instance, `${token}.log`);
}

/** Written by the shim when the service ends: one complete line. */
export function exitFile(paths: StatePaths, token: string): string {
  return join(paths.runsDir, `${token}.exit`);
}

/** Written before the service's program starts: its pid. */
export function pidFile(paths: StatePaths, token: string): string {
  return join(paths.runsDir, `${token}.pid`);
}

/** What a service said on its NOTIFY_SOCKET; written by the reader beside it. */
export function notifyFile({ runsDir }: Pick<StatePaths, 'runsDir'>, token: string): string {
  return join(runsDir, `${token}.notify`);
}

/** Orders to the keeper of containers (`core/supervise/container-wire.ts`). */
export function containersSocket({ runtimeDir }: StatePaths): string {
  return join(runtimeDir, 'containers.sock');
}

/** Abstract socket that claims `port` among all stacks of this network namespace. */
export function portLockName(port: number): string {
  return `\0fettle-port-${port}`;
}

function placed(stackDir: string, stateDir: string, hash: string) {
  return {
    stackDir,
    stateDir,
    stackFile: join(stateDir, 'stack.json'),
    runLog: join(stateDir, 'run.log'),
    runsDir: join(stateDir, 'runs'),
    logsDir: join(stateDir, 'logs'),
    database: join(stateDir, 'fettle.db'),
    daemonFile: join(stateDir, 'daemon.json'),
    hostFile: join(stateDir, 'host.json'),
    supervisorOut: join(stateDir, 'supervisor.out'),
    schemaFile: join(stateDir, 'schema.json'),
    hash,
    lockName: `\0fettle-stack-${hash}`,
  };
}

function sockets(runtimeDir: string) {
  return {
    runtimeDir,
    supervisorSocket: join(runtimeDir, 'supervisor.sock'),
    controllerSocket: join(runtimeDir, 'controller.sock'),
  };
}

function runtimeRoot(env: Readonly<Record<string, string | undefined>>): string {
  const xdg = env['XDG_RUNTIME_DIR'];
  if (xdg !== undefined && xdg.startsWith('/')) return join(xdg, 'fettle');
  return `/tmp/fettle-${process.getuid?.() ?? 0}`;
}

function realpathOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
