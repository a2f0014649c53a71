/** Sends POSIX signals; a target that has gone is no error. */
import { log } from './own-log.ts';

/** Negative `pid`: the group. false: nobody there, or not allowed. */
export function sendSignal(pid: number, posixSignal: NodeJS.Signals): boolean {
  if (pid === 0 || pid === -1 || pid === 1 || pid === process.pid) return false;
  try {
    process.kill(pid, posixSignal);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH') log('warn', 'signal refused', { 'process.pid': pid, posixSignal, code });
    return false;
  }
}
