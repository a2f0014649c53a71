/**
 * TCP: a connection is accepted. The kernel accepts for a hung process, too: readiness, not life.
 */
import { connect } from 'node:net';
import { formatDuration } from '@fettle/sdk/duration';
import { addressText, requireAddress, serverAddress } from './address.ts';
import { startDeadline } from './deadline.ts';
import { seenFromError } from './net-error.ts';
import type { Address, ProbeKind, Seen } from './probe.ts';

export const tcpProbe: ProbeKind<'tcp'> = {
  kind: 'tcp',
  address: serverAddress,
  open(probe, place) {
    const address = requireAddress(probe, place);
    const lingerMs = place.containerWord === undefined ? 0 : proxyMs;
    return { run: (timeoutMs) => connectTcp(address, timeoutMs, lingerMs), close() {} };
  },
};

/**
 * The engine's proxy accepts for a container that does not listen, and hangs up a moment later.
 */
const proxyMs = 60;

/** Also used to try links. */
export function connectTcp(address: Address, timeoutMs: number, lingerMs = 0): Promise<Seen> {
  const { promise, resolve } = Promise.withResolvers<Seen>();
  const socket = connect({ ...address, autoSelectFamily: true });
  let lingering: NodeJS.Timeout | undefined;
  const finish = (seen: Seen): void => {
    deadline.clear();
    clearTimeout(lingering);
    // A farewell, never a reset: a server without an error handler would die of it.
    socket.destroy();
    resolve(seen);
  };
  const deadline = startDeadline(timeoutMs, () => {
    const detail = `no connection to ${addressText(address)} in ${formatDuration(timeoutMs)}`;
    finish({ ok: false, detail, answer: 'silent' });
  });
  const well = (): void =>
    finish({ ok: true, detail: `connected to ${addressText(address)}`, answer: 'answered' });
  socket.once('connect', () => {
    if (lingerMs === 0) return well();
    socket.resume();
    lingering = setTimeout(well, lingerMs);
  });
  socket.once('data', well);
  socket.once('end', () =>
    finish({ ok: false, detail: `${addressText(address)} hangs up at once`, answer: 'absent' }),
  );
  socket.on('error', (error) => finish(seenFromError(error, address)));
  return promise;
}
