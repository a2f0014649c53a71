/**
 * TCP sockets in state LISTEN, from /proc/net/tcp and tcp6.
 *
 * The kernel prints listeners before connections, so that reading stops early on a machine with
 * many connections. One read is shared by all who ask within a second.
 */
import { closeSync, openSync, readSync } from 'node:fs';

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

/** `0100007F` is 127.0.0.1: the kernel prints each 32-bit word in host (little-endian) order. */
function wordBytes(word: string): number[] {
  return [6, 4, 2, 0].map((at) => Number.parseInt(word.slice(at, at + 2), 16));
}

function ipv4(hex: string): string {
  return wordBytes(hex).join('.');
}

function ipv6(hex: string): string {
  const bytes = [0, 8, 16, 24].flatMap((at) => wordBytes(hex.slice(at, at + 8)));
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  const mapped = groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff';
  if (mapped) return bytes.slice(12).join('.');
  return shortest(groups);
}

/** RFC 5952: the longest run of zero groups, if longer than one, becomes `::`. */
function shortest(groups: readonly string[]): string {
  let best = { from: 0, length: 1 };
  for (let from = 0; from < groups.length; from += 1) {
    let length = 0;
    while (groups[from + length] === '0') length += 1;
    if (length > best.length) best = { from, length };
  }
  if (best.length === 1) return groups.join(':');
  const left = groups.slice(0, best.from).join(':');
  return `${left}::${groups.slice(best.from + best.length).join(':')}`;
}
