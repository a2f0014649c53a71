/**
 * Addresses of this machine to which a service holds connections: where it really goes, when
 * neither its variables nor its log tell, as with a proxy named in a file of its own.
 */
import { listSocketInodes } from '@fettle/proc/open-files';
import { addressText } from '@fettle/proc/tcp-table';
import { ownPorts } from '../own-ports.ts';
import type { ExamContext } from './exam-context.ts';
import { isLoopbackHost, type NamedAddress } from './named-addresses.ts';

const maxProcesses = 16;
const maxFound = 8;

export function connectedAddresses({
  views,
  pids,
  sockets,
}: Pick<ExamContext, 'views' | 'pids' | 'sockets'>): readonly NamedAddress[] {
  const own = views.flatMap(({ instance }) => pids.get(instance) ?? []).slice(0, maxProcesses);
  const inodes = new Set(own.flatMap((pid) => [...(listSocketInodes(pid)?.keys() ?? [])]));
  const mine = (sockets ?? []).filter(({ inode }) => inodes.has(inode));
  const listens = new Set(
    mine.filter(({ state }) => state === 'listen').map(({ localPort }) => localPort),
  );
  const ours = ownPorts(sockets ?? []);
  const found = new Map<number, NamedAddress>();
  for (const { state, localPort, remote, remotePort: port } of mine) {
    if (state === 'listen' || listens.has(localPort) || found.size >= maxFound) continue;
    if (ours.has(port)) continue;
    const host = addressText(remote);
    if (isLoopbackHost(host)) found.set(port, { host, port, scheme: null, setting: null });
  }
  return [...found.values()];
}
