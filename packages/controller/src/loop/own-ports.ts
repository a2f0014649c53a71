/**
 * The ports on which we ourselves listen: services send their heartbeats there, and that is no way
 * to anybody of theirs.
 */
import { listSocketInodes } from '@fettle/proc/open-files';
import type { TcpSocket } from '@fettle/proc/tcp-table';

export function ownPorts(sockets: readonly TcpSocket[]): ReadonlySet<number> {
  const own = listSocketInodes(process.pid);
  const listening = sockets.filter(
    ({ state, inode }) => state === 'listen' && own?.has(inode) === true,
  );
  return new Set(listening.map(({ localPort }) => localPort));
}
