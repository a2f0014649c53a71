/**
 * Believes a result only when the process that answered is ours: every listener on the address must
 * belong to the supervised tree. Also says where the tree listens instead, when nobody listens at
 * the address that it was given.
 */
import type { Finding } from '@fettle/core/stack/health-state';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { attestListener, type Attestation, type AttestRequest } from '@fettle/proc/attest';
import { listListeners } from '@fettle/proc/listeners';
import { listSocketInodes } from '@fettle/proc/open-files';
import { readCommand } from '@fettle/proc/process-command';
import { processTree } from '@fettle/proc/process-tree';
import type { Address, Seen } from '../probes/probe.ts';

export type AttestOptions = Readonly<{
  seen: Seen;
  durationMs: number;
  /** null: the probe dials nothing, or attestation is off. */
  address: Address | null;
  view: InstanceView | null;
}>;

const settledTableMs = 15_000;
const freshTableMs = 100;

export function attestFinding({ seen, durationMs, address, view }: AttestOptions): Finding {
  const plain: Finding = { ...seen, durationMs, attested: null };
  if (address === null || view === null || view.token === null) return plain;
  if (!isLocal(address.host)) return plain;
  const pids = [view.pid, view.shimPid].filter((pid) => pid !== null);
  if (seen.answer === 'absent') return { ...plain, detail: elsewhere(seen, address, pids) };
  const request = { ...address, token: view.token, pids };
  // A read of the table costs milliseconds. An older one will do as long as our process still holds
  // the listener in it, which is looked at each time; any other verdict is taken from a fresh one.
  const { verdict, foreignPid } = attested(request);
  switch (verdict) {
    case 'ours':
      return { ...plain, attested: true };
    case 'foreign': {
      const owner = foreignPid === null ? 'another process' : describe(foreignPid);
      const detail = `port ${address.port} is answered by ${owner}, not ours`;
      return { ...plain, ok: false, detail, attested: false };
    }
    case 'nobody': // It closed between the answer and our look, or lives in another namespace.
    case 'unknown':
      return plain;
    default:
      return verdict satisfies never;
  }
}

/** From the oldest table that can tell: whoever answered began to listen before now. */
function attested(request: AttestRequest): Attestation {
  const settled = attestListener({ ...request, maxAgeMs: settledTableMs });
  if (settled.verdict === 'ours') return settled;
  const fresh = attestListener({ ...request, maxAgeMs: freshTableMs });
  return fresh.verdict === 'nobody' ? attestListener({ ...request, maxAgeMs: 0 }) : fresh;
}

function describe(pid: number): string {
  const name = readCommand(pid, 60);
  return name === null ? `pid ${pid}` : `pid ${pid} (${name})`;
}

function elsewhere(seen: Seen, address: Address, pids: readonly number[]): string {
  const ports = listeningPorts(pids).filter((port) => port !== address.port);
  if (ports.length === 0) return seen.detail;
  const list = ports.slice(0, 3).join(', ');
  return `listens on ${list}, not on the ${address.port} it was given`;
}

/** Ports that the trees of these processes listen on, lowest first. */
export function listeningPorts(pids: readonly number[]): readonly number[] {
  const listeners = listListeners() ?? [];
  if (listeners.length === 0) return [];
  const inodes = new Set<number>();
  for (const root of pids)
    for (const pid of processTree(root))
      for (const inode of listSocketInodes(pid)?.keys() ?? []) inodes.add(inode);
  const ports = listeners.filter(({ inode }) => inodes.has(inode)).map(({ port }) => port);
  return [...new Set(ports)].toSorted((a, b) => a - b);
}

/** Only a listener of this machine's own network namespace can be attested. */
function isLocal(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
