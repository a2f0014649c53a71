/**
 * Connections by service, state and peer, and the room that deleted files still take: one look
 * through the services' own descriptors and one read of the socket table.
 *
 * Only processes of this stack are looked into. It is the dearest look of all, so it keeps to its
 * share of a core and comes seldom on a large stack.
 */
import type { Sample } from '@fettle/core/loop/collect/metric';
import type { EdgeSeen } from '@fettle/core/loop/collect/observation';
import { readDescriptors } from '@fettle/proc/descriptors';
import { addressText, readTcpTable, type TcpSocket } from '@fettle/proc/tcp-table';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { Collecting, Collector } from './collector.ts';
import { startPaced } from './pace.ts';

const everyMs = 10_000;
const maxEdges = 2_000;

export const descriptorsCollector: Collector = {
  name: 'sockets',
  start(collecting) {
    const { budget } = collecting;
    const stop = startPaced({ name: 'sockets', everyMs, budget, look: () => look(collecting) });
    return stop;
  },
};

type Held = Readonly<{ owners: ReadonlyMap<number, string>; deleted: ReadonlyMap<string, number> }>;

function look({ link, figures, emit, nowMs }: Collecting): void {
  const views = link.instances();
  const held = heldBy(views, figures.pids);
  if (held === null) return;
  const atMs = nowMs();
  const sockets = held.owners.size === 0 ? [] : (readTcpTable() ?? []);
  const { edges, counts } = connectionsOf(sockets, held.owners, views);
  const samples: Sample[] = [];
  for (const [subject, value] of held.deleted)
    samples.push({ subject, metric: 'deleted_open_bytes', value });
  for (const [subject, { into, out }] of counts) {
    samples.push({ subject, metric: 'connections_in', value: into });
    samples.push({ subject, metric: 'connections_out', value: out });
  }
  emit([
    { kind: 'sampled', atMs, samples },
    { kind: 'connections', atMs, edges },
  ]);
}

/** Service by socket inode, and bytes by service; null: nothing runs. */
function heldBy(
  views: readonly InstanceView[],
  pidsOf: (instance: string) => readonly number[],
): Held | null {
  const owners = new Map<number, string>();
  const deleted = new Map<string, number>();
  const counted = new Set<string>();
  for (const { instance, service } of views)
    for (const pid of pidsOf(instance)) {
      const found = readDescriptors(pid);
      if (found === null) continue;
      for (const inode of found.sockets) owners.set(inode, service);
      let bytes = deleted.get(service) ?? 0;
      // Processes that share a file share its room.
      for (const [file, size] of found.deleted) {
        if (!counted.has(file)) bytes += size;
        counted.add(file);
      }
      deleted.set(service, bytes);
    }
  return deleted.size === 0 ? null : { owners, deleted };
}

type Counts = Map<string, { into: number; out: number }>;
type Edge = { -readonly [Key in keyof EdgeSeen]: EdgeSeen[Key] };

function connectionsOf(
  sockets: readonly TcpSocket[],
  owners: ReadonlyMap<number, string>,
  views: readonly InstanceView[],
): Readonly<{ edges: readonly EdgeSeen[]; counts: Counts }> {
  const listeners = new Map<number, string>();
  for (const { port, service } of views) if (port !== null) listeners.set(port.port, service);
  for (const { state, localPort, inode } of sockets) {
    const service = state === 'listen' ? owners.get(inode) : undefined;
    if (service !== undefined) listeners.set(localPort, service);
  }
  const edges = new Map<string, Edge>();
  const counts: Counts = new Map([...owners.values()].map((one) => [one, { into: 0, out: 0 }]));
  for (const socket of sockets) {
    const service = owners.get(socket.inode);
    if (service === undefined || socket.state === 'listen' || socket.state === 'other') continue;
    const count = counts.get(service);
    const isIn = listeners.get(socket.localPort) === service;
    if (count !== undefined && socket.state === 'established') count[isIn ? 'into' : 'out'] += 1;
    if (!isIn) addEdge(edges, service, socket, listeners);
  }
  return { edges: [...edges.values()], counts };
}

function addEdge(
  edges: Map<string, Edge>,
  service: string,
  { state, remote, remotePort: port }: TcpSocket,
  listeners: ReadonlyMap<number, string>,
): void {
  const key = `${service} ${remote}:${port}`;
  let edge = edges.get(key);
  if (edge === undefined) {
    if (edges.size >= maxEdges) return;
    const host = addressText(remote);
    const isNear = host.startsWith('127.') || host === '::1';
    const peer = isNear ? (listeners.get(port) ?? null) : null;
    edge = { service, peer, host, port, established: 0, synSent: 0, closeWait: 0 };
    edges.set(key, edge);
  }
  if (state === 'established') edge.established += 1;
  else if (state === 'syn-sent') edge.synSent += 1;
  else edge.closeWait += 1;
}
