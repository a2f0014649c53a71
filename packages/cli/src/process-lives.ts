/**
 * Does a process still run? A zombie does not: it has ended and only waits to be collected, which
 * an init of a container may take seconds for, or never do.
 */
import { isLive, readProcessStat } from '@fettle/proc/process-stat';

/** By pid alone: one that somebody else got since is no proof, so use it only to stop waiting. */
export function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (cause) {
    // Somebody else's, and there.
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM';
  }
  const stat = readProcessStat(pid);
  return stat === null || isLive(stat);
}
