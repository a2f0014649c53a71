/** Who holds connections to a port of this machine, and how many: a rogue client shows here. */
import type { EndpointExam } from '@fettle/core/loop/collect/exam';
import { listSocketInodes } from '@fettle/proc/open-files';
import { readRunToken } from '@fettle/proc/process-command';
import { listPids } from '@fettle/proc/process-tree';
import type { TcpSocket } from '@fettle/proc/tcp-table';
import type { ExamContext } from './exam-context.ts';

export type ClientCounts = ReadonlyMap<number, Pick<EndpointExam, 'clients' | 'topClient'>>;

const maxProcesses = 2_000;

/** By port, for those among `ports` to which anybody is connected from this machine. */
export function countClients(
  ports: ReadonlySet<number>,
  sockets: readonly TcpSocket[],
  context: Pick<ExamContext, 'deps' | 'pids'>,
): ClientCounts {
  const listening = new Set(
    sockets.filter(({ state }) => state === 'listen').map(({ localPort }) => localPort),
  );
  const wanted = new Map<number, number>();
  const established = new Map<number, number>();
  for (const { state, localPort, remotePort, inode } of sockets) {
    if (state !== 'established') continue;
    // The server's side counts them; the client's side says whose they are.
    if (ports.has(localPort) && listening.has(localPort))
      established.set(localPort, (established.get(localPort) ?? 0) + 1);
    if (ports.has(remotePort) && inode !== 0) wanted.set(inode, remotePort);
  }
  const holders = wanted.size === 0 ? new Map<number, number>() : holdersOf(wanted);
  const found = new Map<number, Pick<EndpointExam, 'clients' | 'topClient'>>();
  for (const port of ports) {
    if (!listening.has(port)) continue;
    const topClient = topOf(port, wanted, holders, context);
    found.set(port, { clients: established.get(port) ?? 0, topClient });
  }
  return found;
}

/** pid by inode. */
function holdersOf(wanted: ReadonlyMap<number, number>): Map<number, number> {
  const holders = new Map<number, number>();
  for (const pid of listPids().slice(-maxProcesses)) {
    const inodes = listSocketInodes(pid);
    if (inodes === null || pid === process.pid) continue;
    for (const inode of inodes.keys())
      if (wanted.has(inode) && !holders.has(inode)) holders.set(inode, pid);
    if (holders.size === wanted.size) break;
  }
  return holders;
}

function topOf(
  port: number,
  wanted: ReadonlyMap<number, number>,
  holders: ReadonlyMap<number, number>,
  { deps: { link }, pids }: Pick<ExamContext, 'deps' | 'pids'>,
): EndpointExam['topClient'] {
  const counts = new Map<number, number>();
  for (const [inode, pid] of holders)
    if (wanted.get(inode) === port) counts.set(pid, (counts.get(pid) ?? 0) + 1);
  const [top] = [...counts].toSorted(([, one], [, other]) => other - one);
  if (top === undefined) return null;
  const [pid, connections] = top;
  const token = readRunToken(pid);
  const views = link.instances();
  const view = views.find(
    ({ instance, token: own }) =>
      pids.get(instance)?.includes(pid) === true || (token !== null && own === token),
  );
  return { service: view?.service ?? null, pid, connections };
}
