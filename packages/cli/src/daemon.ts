/**
 * The stack's daemon from the CLI's side: is it there, start it detached, talk to it.
 *
 * Whoever holds the abstract lock socket is the daemon; the kernel frees it at death, so a crashed
 * one never blocks the next.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { makeFolders } from '@fettle/sdk/daemon/make-folders';
import { readProcessStat } from '@fettle/proc/process-stat';
import { livePaths, readOwnDaemonFile, type StatePaths } from '@fettle/sdk/daemon/paths';
import {
  connectSupervisor,
  type PushedNotice,
  type SupervisorClient,
} from '@fettle/sdk/daemon/supervisor-client';
import { supervisorFlags } from '@fettle/sdk/daemon/supervisor-flags';
import { FettleError } from '@fettle/sdk/fettle-error';
import { foreignState } from './foreign-state.ts';
import { startByUnit } from './install/installed-unit.ts';
import { ownRoot } from './own-program.ts';
import { pauseMs } from './pause.ts';
import { notRunning } from './reach.ts';
import type { Session } from './session.ts';

/** A cold start on a busy machine; a quiet one needs a tenth of a second. */
const startMs = 10_000;

export type DaemonCallbacks = Readonly<{
  onPush?: (push: PushedNotice) => void;
  onSnapshot?: (snapshot: unknown) => void;
  onDisconnected?: () => void;
}>;

/** Does somebody hold the stack's lock? */
export function lockHeld(session: Session): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createConnection({ path: session.paths.lockName });
  socket.once('connect', () => {
    socket.destroy();
    resolve(true);
  });
  socket.once('error', () => resolve(false));
  return promise;
}

/** @throws FettleError E-DAEMON-UNREACHABLE when none runs. */
export async function connectDaemon(
  session: Session,
  callbacks: DaemonCallbacks = {},
): Promise<SupervisorClient> {
  const foreign = foreignState(session);
  if (foreign !== null) throw foreign;
  if (!(await lockHeld(session))) throw notRunning(session);
  return untilConnected(session, callbacks);
}

/** Starts one when there is none. `started`: whether this call did. */
export async function ensureDaemon(
  session: Session,
  callbacks: DaemonCallbacks = {},
): Promise<Readonly<{ client: SupervisorClient; started: boolean }>> {
  if (await lockHeld(session)) {
    try {
      return { client: await untilConnected(session, callbacks), started: false };
    } catch (cause) {
      // It was just ending (`fettle down`): the next one is ours.
      if (!isUnreachable(cause) || (await lockHeld(session))) throw cause;
    }
  }
  const child = startDaemon(session);
  const client = await untilConnected(session, callbacks, child.ended);
  return { client, started: true };
}

export type StartedDaemon = Readonly<{
  /** How it ended; null: it runs. */
  ended: () => string | null;
}>;

/** `ending`: it adopts what a dead daemon left, stops that, and ends; it runs nothing. */
export function startDaemon(session: Session, ending = false): StartedDaemon {
  if (!ending && startByUnit(session)) return { ended: () => null };
  return spawnDaemon(session, ownRoot, ending ? ['--ending'] : []);
}

/** `root`: of the program whose daemon it is. */
export function spawnDaemon(
  session: Session,
  root: string,
  more: readonly string[] = [],
): StartedDaemon {
  const { stateDir, supervisorOut, stackDir } = session.paths;
  makeFolders(stateDir);
  const [program, ...words] = supervisorCommand(session.paths, root);
  const out = openSync(supervisorOut, 'a', 0o600);
  const child = spawn(program, [...words, ...more], {
    cwd: stackDir,
    detached: true,
    stdio: ['ignore', out, out],
    env: process.env,
  });
  closeSync(out);
  let ended: string | null = null;
  child.once('error', (error) => (ended = error.message));
  child.once('exit', (code, signal) => (ended = signal ?? `exit ${code}`));
  child.unref();
  return { ended: () => ended };
}

export function supervisorCommand(
  { stackDir }: StatePaths,
  root: string,
): readonly [string, ...string[]] {
  const [main, controller] = [builtMain(root, 'supervisor'), builtMain(root, 'controller')];
  const where = ['--stack-dir', stackDir, '--controller', controller];
  return [nodeOf(root), ...supervisorFlags, main, ...where];
}

/** A copy brings its own. */
function nodeOf(root: string): string {
  const own = join(root, 'node_modules', 'node', 'bin', 'node');
  return root !== ownRoot && existsSync(own) ? own : process.execPath;
}

/**
 * Built JavaScript, also when the CLI itself runs from its sources: forty stripped TypeScript
 * modules cost the daemon 40 MiB more for its whole life.
 */
function builtMain(root: string, name: 'supervisor' | 'controller'): string {
  const main = join(root, 'packages', name, 'dist', 'main.js');
  if (existsSync(main)) return main;
  throw new FettleError('E-NOT-SET-UP', `Fettle is not built: ${name} is missing`, {
    hint: 'npm run setup      in the folder that Fettle was installed to',
  });
}

/** Of a daemon that somebody else started we hear no exit: its lock tells. */
const stillRuns = (): null => null;

async function untilConnected(
  session: Session,
  callbacks: DaemonCallbacks,
  ended: () => string | null = stillRuns,
): Promise<SupervisorClient> {
  const deadlineMs = performance.now() + startMs;
  for (;;) {
    try {
      return await connectSupervisor({
        socketPath: () => livePaths(session.flags.dir, session.env).supervisorSocket,
        client: 'fettle cli',
        ...callbacks,
      });
    } catch (cause) {
      const held = await lockHeld(session);
      if (ended() !== null && !held) throw startFailed(session, ended());
      if (ended === stillRuns && !held) throw cause;
      if (session.interrupts.signal.aborted) throw cause;
      if (held && (performance.now() > deadlineMs || isStopped(session)))
        throw silent(session, cause);
      if (performance.now() > deadlineMs) throw cause;
      await pauseMs(15, session.interrupts.signal);
    }
  }
}

export function isUnreachable(cause: unknown): boolean {
  return cause instanceof FettleError && cause.code === 'E-DAEMON-UNREACHABLE';
}

/** The lock is held, so that no other daemon can start, and nobody speaks: SIGSTOP, or a hang. */
function silent(session: Session, cause: unknown): FettleError {
  const pid = daemonPid(session) ?? 'PID';
  const stopped = isStopped(session);
  const what = stopped ? 'is stopped (SIGSTOP)' : `has not answered for ${startMs / 1_000} s`;
  const help = stopped ? `kill -CONT ${pid}` : `kill -9 ${pid}`;
  const message = `the daemon (pid ${pid}) ${what}; your services run on`;
  return new FettleError('E-DAEMON-SILENT', message, {
    hint: `${help}      then the same again; a new daemon adopts what runs`,
    cause,
    status: 503,
    exitCode: 4,
  });
}

function isStopped(session: Session): boolean {
  const pid = daemonPid(session);
  return pid !== null && /^[Tt]$/.test(readProcessStat(pid)?.state ?? '');
}

function daemonPid({ paths }: Session): number | null {
  return readOwnDaemonFile(paths)?.supervisorPid ?? null;
}

/** The daemon's own last words are the best explanation: a JSON line, with a code if it knew one. */
export function startFailed(session: Session, how: string | null): FettleError {
  const last = lastLines(session.paths.supervisorOut, 1)[0] ?? '';
  const { code, message, hint } = parsedLine(last);
  const hints = hint ?? `look at ${session.paths.supervisorOut}`;
  if (code !== undefined)
    return new FettleError(code, message ?? last, { hint: hints, status: 500 });
  const words = `the daemon ended at its start (${how ?? '?'}): ${message ?? last}`;
  return new FettleError('E-DAEMON-START', words, { hint: hints, status: 500 });
}

function parsedLine(line: string): { code?: string; message?: string; hint?: string } {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

export function lastLines(file: string, count: number): readonly string[] {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count);
  } catch {
    return [];
  }
}
