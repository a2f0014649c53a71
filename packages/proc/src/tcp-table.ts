/**
 * All TCP sockets of this network namespace, from one read of /proc/net/tcp and tcp6.
 *
 * Bounded: on a machine with very many connections the table is cut, and says so. Listeners come
 * first in the kernel's order, so a cut loses connections, never listeners. Source: proc_net(5).
 */
import { ipv4, ipv6 } from './hex-address.ts';
import { readSmallText } from './small-file.ts';

export type TcpState = 'established' | 'syn-sent' | 'close-wait' | 'listen' | 'other';

export type TcpSocket = Readonly<{
  state: TcpState;
  /** Hex as the kernel prints it; `addressText` makes it readable. */
  local: string;
  localPort: number;
  remote: string;
  remotePort: number;
  /** 0: no process holds it any more (TIME_WAIT). */
  inode: number;
  /** Bytes that wait to be read; of a listener: connections that nobody has accepted. */
  unread: number;
}>;

const states: Readonly<Record<string, TcpState>> = {
  '01': 'established',
  '02': 'syn-sent',
  '08': 'close-wait',
  '0A': 'listen',
};

const defaultMaxRows = 20_000;

/** null: /proc/net is not readable here. */
export function readTcpTable(maxRows = defaultMaxRows): readonly TcpSocket[] | null {
  const four = readSmallText('/proc/net/tcp');
  if (four === null) return null;
  const sockets: TcpSocket[] = [];
  for (const text of [four, readSmallText('/proc/net/tcp6') ?? '']) parse(text, sockets, maxRows);
  return sockets;
}

/** `127.0.0.1`, `::1`. */
export function addressText(hex: string): string {
  return hex.length <= 8 ? ipv4(hex) : ipv6(hex);
}

/** Split by hand: most of the cost of a large table is here. */
function parse(text: string, sockets: TcpSocket[], maxRows: number): void {
  let at = text.indexOf('\n') + 1;
  while (at > 0 && at < text.length && sockets.length < maxRows) {
    const end = text.indexOf('\n', at);
    const row = text
      .slice(at, end < 0 ? text.length : end)
      .trim()
      .split(/\s+/);
    at = end < 0 ? text.length : end + 1;
    const [, local = '', remote = '', state = '', queues = '', , , , , inode = '0'] = row;
    const colon = local.indexOf(':');
    const far = remote.indexOf(':');
    if (colon < 0 || far < 0) continue;
    sockets.push({
      state: states[state] ?? 'other',
      local: local.slice(0, colon),
      localPort: Number.parseInt(local.slice(colon + 1), 16),
      remote: remote.slice(0, far),
      remotePort: Number.parseInt(remote.slice(far + 1), 16),
      inode: Number(inode),
      unread: Number.parseInt(queues.slice(queues.indexOf(':') + 1), 16),
    });
  }
}
