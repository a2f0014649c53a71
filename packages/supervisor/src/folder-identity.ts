/**
 * Is this the folder that its state was written in? A project is moved, or copied with its
 * `.fettle`, also while it runs. What a copy's run log names belongs to the original: adopting it
 * would put two daemons over the same processes.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readDaemonFile, statePaths, type StatePaths } from '@fettle/sdk/daemon/paths';
import { FettleError } from '@fettle/sdk/fettle-error';
import { nameHeld } from './abstract-socket.ts';
import { log } from './own-log.ts';

/**
 * `lastStateDir`: where the state folder was when it was last used; null: not known.
 * @throws FettleError E-STATE-MOVED while a daemon runs it under its former name.
 */
export async function settleIdentity(
  paths: StatePaths,
  lastStateDir: string | null,
): Promise<void> {
  if (lastStateDir === null || lastStateDir === paths.stateDir) return;
  if (existsSync(lastStateDir)) {
    log('info', 'the folder is a copy: it starts afresh', { original: lastStateDir });
    forgetRuns(paths);
    return;
  }
  const former = statePaths(dirname(lastStateDir));
  if (!(await nameHeld(former.lockName))) return;
  const pid = readDaemonFile(paths.daemonFile)?.supervisorPid ?? 'PID';
  const message = `the stack was moved from ${former.stackDir} while its daemon (pid ${pid}) ran`;
  throw new FettleError('E-STATE-MOVED', message, {
    hint:
      `Move it back and run "fettle down" there; or kill ${pid}, which leaves the services ` +
      'running, and run the same command again here.',
    exitCode: 3,
  });
}

function forgetRuns({ stateDir, runLog, runsDir, daemonFile, stackFile }: StatePaths): void {
  for (const file of [runLog, daemonFile, stackFile, join(stateDir, 'requests.log')])
    rmSync(file, { force: true });
  for (const name of readdirSync(runsDir)) rmSync(join(runsDir, name), { force: true });
}
