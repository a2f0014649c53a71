/** Ends a stack's daemon and leaves its services running, for the next one to adopt. */
import { readArguments } from '@fettle/proc/process-command';
import { readOwnDaemonFile } from '@fettle/sdk/daemon/paths';
import { FettleError } from '@fettle/sdk/fettle-error';
import { lockHeld } from '../daemon.ts';
import { pauseMs } from '../pause.ts';
import { processLives } from '../process-lives.ts';
import type { Session } from '../session.ts';

const endMs = 10_000;
const lookMs = 15;
/** These waits have their own limit and must not be cut short half-way. */
const never = new AbortController().signal;

/** Told by SIGTERM, which stops no service; by SIGKILL when it does not hear. */
export async function endSupervisor(session: Session): Promise<void> {
  if (!(await lockHeld(session))) return;
  const pid = readOwnDaemonFile(session.paths)?.supervisorPid ?? null;
  if (pid === null || !isDaemon(pid, '--stack-dir')) throw stuck(session, pid);
  for (const posixSignal of ['SIGTERM', 'SIGKILL'] as const) {
    signal(pid, posixSignal);
    const untilMs = performance.now() + endMs;
    while (performance.now() < untilMs) {
      if (!(await lockHeld(session)) && !processLives(pid)) return;
      await pauseMs(lookMs, never);
    }
  }
  throw stuck(session, pid);
}

/** A controller of another copy; the supervisor to come starts the one of `root`. */
export async function endOldController(session: Session, root: string | null): Promise<void> {
  const pid = readOwnDaemonFile(session.paths)?.controllerPid ?? null;
  if (pid === null || !processLives(pid) || !isDaemon(pid, 'controller')) return;
  if (root !== null && rootOf(pid) === root) return;
  for (const posixSignal of ['SIGTERM', 'SIGKILL'] as const) {
    signal(pid, posixSignal);
    const untilMs = performance.now() + endMs / 4;
    while (performance.now() < untilMs) {
      if (!processLives(pid)) return;
      await pauseMs(lookMs, never);
    }
  }
}

/** The folder of the program that a daemon's process runs; null: it is none of ours. */
export function rootOf(pid: number): string | null {
  const words = readArguments(pid) ?? [];
  for (const word of words) {
    const found = /^(.*)\/packages\/(?:supervisor|controller)\/(?:dist|src)\/main\.[jt]s$/.exec(
      word,
    );
    if (found !== null) return found[1] ?? null;
  }
  return null;
}

/** The pid came from a file: another process may have it by now. */
function isDaemon(pid: number, word: string): boolean {
  return rootOf(pid) !== null && (readArguments(pid) ?? []).some((one) => one.includes(word));
}

function signal(pid: number, posixSignal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, posixSignal);
  } catch {
    // It was quicker.
  }
}

function stuck(session: Session, pid: number | null): FettleError {
  const who = pid === null ? 'somebody' : `pid ${pid}`;
  return new FettleError('E-DAEMON-SILENT', `${who} holds the stack's lock and does not end`, {
    hint: `look at ${session.paths.supervisorOut}; your services run on`,
    status: 503,
    exitCode: 4,
  });
}
