/** Stops a stack and watches its daemon end. */
import type { SupervisorClient } from '@fettle/sdk/daemon/supervisor-client';
import { readDaemonFile } from '@fettle/sdk/daemon/paths';
import { FettleError } from '@fettle/sdk/fettle-error';
import { lockHeld } from './daemon.ts';
import { processLives } from './process-lives.ts';
import type { Session } from './session.ts';

/** @returns true once nobody holds the stack's lock and the daemon's process is gone. */
export async function bringDown(
  session: Session,
  how: Readonly<{ client: SupervisorClient; waitMs: number }>,
): Promise<boolean> {
  const pid = readDaemonFile(session.paths.daemonFile)?.supervisorPid ?? null;
  try {
    await how.client.request({ kind: 'down', actor: 'cli' }, { timeoutMs: how.waitMs });
  } catch (cause) {
    // It may end before its answer is read: whether it is gone is looked at below.
    if (!(cause instanceof FettleError) || cause.code !== 'E-DAEMON-UNREACHABLE') throw cause;
  }
  const deadlineMs = performance.now() + how.waitMs;
  while (performance.now() < deadlineMs) {
    if (!(await lockHeld(session)) && (pid === null || !processLives(pid))) {
      how.client.close();
      return true;
    }
    // A second Ctrl-C must get through, so this pause ignores the first one's abort.
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  how.client.close();
  return false;
}
