/** Stops a stack and watches its daemon end. */
import type { Snapshot } from '@fettle/core/supervise/protocol';
import type { SupervisorClient } from '@fettle/sdk/daemon/supervisor-client';
import { readDaemonFile } from '@fettle/sdk/daemon/paths';
import { FettleError } from '@fettle/sdk/fettle-error';
import { lockHeld } from './daemon.ts';
import { processLives } from './process-lives.ts';
import type { Session } from './session.ts';

/**
 * `gone`: nobody holds the stack's lock and the daemon's process has ended. `started-again`:
 * somebody's `up` called the stack back.
 */
export type DownOutcome = 'gone' | 'still-stopping' | 'started-again';

const lookMs = 25;
/** How many looks lie between two questions to the daemon. */
const askEvery = 10;

export async function bringDown(
  session: Session,
  how: Readonly<{ client: SupervisorClient; waitMs: number }>,
): Promise<DownOutcome> {
  const pid = readDaemonFile(session.paths.daemonFile)?.supervisorPid ?? null;
  try {
    await how.client.request({ kind: 'down', actor: 'cli' }, { timeoutMs: how.waitMs });
  } catch (cause) {
    // It may end before its answer is read: whether it is gone is looked at below.
    if (!(cause instanceof FettleError) || cause.code !== 'E-DAEMON-UNREACHABLE') throw cause;
  }
  const outcome = await watchEnd(session, pid, how);
  how.client.close();
  return outcome;
}

async function watchEnd(
  session: Session,
  pid: number | null,
  { client, waitMs }: Readonly<{ client: SupervisorClient; waitMs: number }>,
): Promise<DownOutcome> {
  const deadlineMs = performance.now() + waitMs;
  for (let looks = 1; performance.now() < deadlineMs; looks += 1) {
    if (!(await lockHeld(session)) && (pid === null || !processLives(pid))) return 'gone';
    if (looks % askEvery === 0 && (await calledBack(client))) return 'started-again';
    // A second Ctrl-C must get through, so this pause ignores the first one's abort.
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
  return 'still-stopping';
}

async function calledBack(client: SupervisorClient): Promise<boolean> {
  try {
    return !((await client.request({ kind: 'snapshot' })) as Snapshot).goingDown;
  } catch {
    // It ended meanwhile, which the next look sees.
    return false;
  }
}

/** For people: what became of a `down`. */
export const downWords: Readonly<Record<DownOutcome, string>> = {
  gone: 'everything is stopped',
  'still-stopping': 'still stopping; fettle down waits for it',
  'started-again': 'the stack was started again meanwhile, by another fettle up',
};
