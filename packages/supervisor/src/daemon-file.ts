/** `.fettle/daemon.json`: how others find us. The controller fills in its `url` later. */
import { rmSync } from 'node:fs';
import { type DaemonFile, readDaemonFile, type StatePaths } from '@fettle/sdk/daemon/paths';
import { writeAtomically } from './atomic-file.ts';
import { log } from './own-log.ts';

/** Keeps the `url` as long as the controller is the same process. */
export function writeDaemonFile(
  paths: StatePaths,
  version: string,
  controllerPid: number | null,
): void {
  const last = readDaemonFile(paths.daemonFile);
  const sameController = last !== null && last.controllerPid === controllerPid;
  const file: DaemonFile = {
    supervisorPid: process.pid,
    controllerPid,
    url: sameController ? last.url : null,
    socket: paths.controllerSocket,
    version,
  };
  try {
    writeAtomically(paths.daemonFile, `${JSON.stringify(file, null, 2)}\n`);
  } catch (cause) {
    log('error', 'daemon.json cannot be written', { cause });
  }
}

export function removeDaemonFile(paths: StatePaths): void {
  for (const path of [paths.daemonFile, paths.supervisorSocket, paths.controllerSocket])
    rmSync(path, { force: true });
  rmSync(paths.runtimeDir, { recursive: true, force: true });
}
