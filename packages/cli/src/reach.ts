/**
 * Reaching a controller that may be just restarting: while its supervisor lives we wait for it,
 * with a deadline, and say so; without one we say at once that nothing runs.
 */
import type { StatusDocument } from '@fettle/sdk/api/status';
import { readOwnDaemonFile } from '@fettle/sdk/daemon/paths';
import { FettleError } from '@fettle/sdk/fettle-error';
import { controllerLog } from './controller-log.ts';
import { foreignState } from './foreign-state.ts';
import { pauseMs } from './pause.ts';
import { processLives } from './process-lives.ts';
import { commandLine, type Session } from './session.ts';

/** The supervisor restarts a dead controller at once; loading it takes about a second. */
export const patienceMs = 15_000;
const sayAfterMs = 1_000;

/** A controller that just started needs a moment for the supervisor's snapshot. */
const linkMs = 3_000;

/** Of a controller that has heard its supervisor, where one can be had in time. */
export async function reachStatus(session: Session): Promise<StatusDocument> {
  const untilMs = performance.now() + linkMs;
  for (;;) {
    const document = await reach(session, () => session.client.status());
    const { signal } = session.interrupts;
    if (document.daemon.supervisorConnected || !daemonLives(session)) return document;
    if (performance.now() > untilMs || signal.aborted) return document;
    await pauseMs(50, signal);
  }
}

/** Asks; retries while the daemon lives and cannot be reached yet. */
export async function reach<Answer>(
  session: Session,
  ask: () => Promise<Answer>,
  waitMs = patienceMs,
): Promise<Answer> {
  const startMs = performance.now();
  let said = false;
  for (;;) {
    try {
      return await ask();
    } catch (cause) {
      if (!(cause instanceof FettleError) || cause.code !== 'E-DAEMON-UNREACHABLE') throw cause;
      const waitedMs = performance.now() - startMs;
      if (session.interrupts.signal.aborted || !daemonLives(session)) throw notRunning(session);
      if (waitedMs > waitMs) throw away(session, waitMs);
      if (!said && waitedMs > sayAfterMs) {
        said = true;
        session.output.say('the controller is starting; waiting for it …');
      }
      await pauseMs(100, session.interrupts.signal);
    }
  }
}

/** By the pid in `daemon.json`; a pid that somebody else got since is no proof, but costs only time. */
export function daemonLives(session: Session): boolean {
  const daemon = readOwnDaemonFile(session.paths);
  return daemon !== null && processLives(daemon.supervisorPid);
}

/** What to say when nobody answered for `patienceMs`; other errors as they are. */
export function explainAway(session: Session, cause: unknown): unknown {
  if (!(cause instanceof FettleError) || cause.code !== 'E-DAEMON-UNREACHABLE') return cause;
  return daemonLives(session) ? away(session, patienceMs) : notRunning(session);
}

export function notRunning(session: Session): FettleError {
  const foreign = foreignState(session);
  if (foreign !== null) return foreign;
  return new FettleError(
    'E-DAEMON-UNREACHABLE',
    `no daemon runs for the stack in ${session.flags.dir}`,
    {
      hint: `${commandLine(session, 'up -d')}      starts it`,
      status: 503,
      exitCode: 4,
    },
  );
}

function away(session: Session, waitMs: number): FettleError {
  return new FettleError(
    'E-CONTROLLER-AWAY',
    `the supervisor runs, but its controller did not answer for ${waitMs / 1_000} s`,
    {
      hint: `look at ${controllerLog(session.paths)}; your services run on meanwhile`,
      status: 503,
      exitCode: 4,
    },
  );
}
