/**
 * TCP sockets in state LISTEN, from /proc/net/tcp and tcp6.
 *
 * The kernel prints listeners before connections, so that reading stops early on a machine with
 * many connections. One read is shared by all who ask within a second.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { ipv4, ipv6 } from './hex-address.ts';

export type Listener = Readonly<{
  /** `127.0.0.1`, `0.0.0.0`, `::`, `::1`, …; an IPv4 address mapped into IPv6 reads as IPv4. */
  address: string;
  family: 4 | 6;
  port: number;
  /** Names the socket; see `inode-owner.ts`. */
  inode: number;
  uid: number;
}>;

const defaultMaxAgeMs = 1_000;
let cached: Readonly<{ atMs: number; listeners: readonly Listener[] | null }> | null = null;

/** At most `maxAgeMs` old; 0 reads at once. null: /proc/net is not readable here. */
export function listListeners(maxAgeMs = defaultMaxAgeMs): readonly Listener[] | null {
  const nowMs = performance.now();
  if (cached !== null && nowMs - cached.atMs < maxAgeMs) return cached.listeners;
  const four = readTable('/proc/net/tcp', 4);
  const six = readTable('/proc/net/tcp6', 6);
  const listeners = four === null ? null : [...four, ...(six ?? [])];
  cached = { atMs: nowMs, listeners };
  return listeners;
}

/** Listeners that a client of `host:port` may reach. */
export function listenersOn(
  host: string,
  port: number,
  maxAgeMs = defaultMaxAgeMs,
): readonly Listener[] | null {
  const all = listListeners(maxAgeMs);
  return all?.filter((one) => one.port === port && covers(one.address, host)) ?? null;
}

/** Does a socket bound to `bound` compete for, or answer on, `host`? */
export function covers(bound: string, host: string): boolean {
  if (bound === host || bound === '0.0.0.0' || bound === '::') return true;
  if (host === '0.0.0.0' || host === '::' || host === '') return true;
  return host === 'localhost' && (bound.startsWith('127.') || bound === '::1');
}

function readTable(path: string, family: 4 | 6): Listener[] | null {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return null;
  }
  const buffer = Buffer.allocUnsafe(65_536);
  const found: Listener[] = [];
  let rest = '';
  try {
    for (;;) {
      const count = readSync(fd, buffer, 0, buffer.length, null);
      if (count === 0) return found;
      const lines = (rest + buffer.toString('latin1', 0, count)).split('\n');
      rest = lines.pop() ?? '';
      if (!collect(lines, family, found)) return found;
    }
  } catch {
    return found.length > 0 ? found : null;
  } finally {
    closeSync(fd);
  }
}

/** false: the table has left its listeners behind. */
function collect(lines: readonly string[], family: 4 | 6, found: Listener[]): boolean {
  for (const line of lines) {
    const fields = line.trim().split(/\s+/);
    const [, local, , state] = fields;
    if (local === undefined || local === 'local_address' || state === undefined) continue;
    if (state !== '0A') return false;
    const [address = '', port = ''] = local.split(':');
    found.push({
      address: family === 4 ? ipv4(address) : ipv6(address),
      family,
      port: Number.parseInt(port, 16),
      inode: Number(fields[9]),
      uid: Number(fields[7]),
    });
  }
  return true;
}
