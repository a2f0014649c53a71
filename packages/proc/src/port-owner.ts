/** Who listens on a port, for the sentence "8000 is taken by pid 4121 (node server.js)". */
import { ownerOfInode } from './inode-owner.ts';
import { listenersOn } from './listeners.ts';
import { readCommand, readRunToken, runningForMs } from './process-command.ts';

/** Unreadable facts are null (another user's process). The caller knows whose `token` it is. */
export type PortHolder = Readonly<{
  pid: number | null;
  command: string | null;
  runningForMs: number | null;
  /** Run token that the owner carries; null: none, or unreadable. */
  token: string | null;
  /** Address that the owner is bound to. */
  address: string;
}>;

/** null: nobody listens there (or /proc/net is unreadable). Reads at once, not from the cache. */
export function ownerOfPort(port: number, host = '0.0.0.0'): PortHolder | null {
  const listener = listenersOn(host, port, 0)?.[0];
  if (listener === undefined) return null;
  const pid = ownerOfInode(listener.inode);
  return {
    pid,
    command: pid === null ? null : readCommand(pid),
    runningForMs: pid === null ? null : runningForMs(pid),
    token: pid === null ? null : readRunToken(pid),
    address: listener.address,
  };
}
