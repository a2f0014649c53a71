/** Stops a stack and watches its daemon end. */
import { existsSync } from 'node:fs';
import type { Snapshot } from '@fettle/core/supervise/protocol';
import { recordedPids } from '@fettle/sdk/daemon/birth-record';
import type { SupervisorClient } from '@fettle/sdk/daemon/supervisor-client';
import { readOwnDaemonFile } from '@fettle/sdk/daemon/paths';
import { FettleError } from '@fettle/sdk/fettle-error';
import { connectDaemon, lockHeld, startDaemon, startFailed } from './daemon.ts';
import { processLives } from './process-lives.ts';
import type { Session } from './session.ts';

/**
 * `gone`: nobody holds the stack's lock and the daemon's process has ended in order.
 * `started-again`: somebody's `up` called the stack back.
 */
export type DownOutcome = 'gone' | 'still-stopping' | 'started-again';

const lookMs = 25;
/** How many looks lie between two questions to the daemon. */
const askEvery = 10;
/** Daemons that may die on us before we give up on getting one through a whole stop. */
const maxDaemons = 4;

/**
 * A daemon that dies before it is done leaves the rest to the next one, which adopts it and stops
 * it. `client`: of the daemon that runs; null: none does. @throws FettleError when none can start.
 */
export async function bringDown(
  session: Session,
  how: Readonly<{ client: SupervisorClient | null; waitMs: number }>,
): Promise<DownOutcome> {
  const deadlineMs = performance.now() + how.waitMs;
  let { client } = how;
  for (let daemons = 1; ; daemons += 1) {
    const outcome =
      client === null
        ? await endOrphans(session, deadlineMs)
        : await askDown(session, client, deadlineMs);
    client?.close();
    client = null;
    if (outcome === 'others') client = await connectDaemon(session);
    else if (outcome !== 'died') return outcome;
    if (daemons === maxDaemons) return 'still-stopping';
    if (outcome === 'died')
      session.output.say('the daemon ended before everything was stopped; another one goes on');
  }
}

async function askDown(
  session: Session,
  client: SupervisorClient,
  deadlineMs: number,
): Promise<DownOutcome | 'died'> {
  const pid = readOwnDaemonFile(session.paths)?.supervisorPid ?? null;
  try {
    const timeoutMs = Math.max(1, deadlineMs - performance.now());
    await client.request({ kind: 'down', actor: 'cli' }, { timeoutMs });
  } catch (cause) {
    // It may end before its answer is read: whether it is gone is looked at below.
    if (!(cause instanceof FettleError) || cause.code !== 'E-DAEMON-UNREACHABLE') throw cause;
  }
  for (let looks = 1; performance.now() < deadlineMs; looks += 1) {
    if (!(await lockHeld(session)) && (pid === null || !processLives(pid)))
      return endedInOrder(session) ? 'gone' : 'died';
    if (looks % askEvery === 0 && (await calledBack(client))) return 'started-again';
    await look();
  }
  return 'still-stopping';
}

/** `others`: somebody else's daemon was quicker than ours. */
async function endOrphans(
  session: Session,
  deadlineMs: number,
): Promise<DownOutcome | 'died' | 'others'> {
  const daemon = startDaemon(session, true);
  for (let looks = 1; performance.now() < deadlineMs; looks += 1) {
    const ended = daemon.ended();
    const held = await lockHeld(session);
    if (ended !== null && held) return 'others';
    if (ended === 'exit 0') return endedInOrder(session) ? 'gone' : 'died';
    if (ended !== null && !ended.startsWith('SIG')) throw startFailed(session, ended);
    if (ended !== null) return 'died';
    if (looks % askEvery === 0 && held && (await calledBackNew(session))) return 'started-again';
    await look();
  }
  return 'still-stopping';
}

/** A second Ctrl-C must get through, so this pause ignores the first one's abort. */
function look(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, lookMs));
}

async function calledBackNew(session: Session): Promise<boolean> {
  const client = await connectDaemon(session).catch(() => null);
  if (client === null) return false;
  const back = await calledBack(client);
  client.close();
  return back;
}

/** A daemon that stopped everything takes its file with it. */
function endedInOrder({ paths }: Session): boolean {
  return !existsSync(paths.daemonFile);
}

/** Did a daemon die here? By its file, or, where that was lost, by services that live. */
export function isOrphaned({ paths }: Session): boolean {
  return readOwnDaemonFile(paths) !== null || recordedPids(paths.runsDir).some(processLives);
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
