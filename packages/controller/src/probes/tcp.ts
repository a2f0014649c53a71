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
    return { run: (timeoutMs) => connectTcp(address, timeoutMs), close() {} };
  },
};

/** Also used to try links. */
export function connectTcp(address: Address, timeoutMs: number): Promise<Seen> {
  const { promise, resolve } = Promise.withResolvers<Seen>();
  const socket = connect({ ...address, autoSelectFamily: true });
  const finish = (seen: Seen): void => {
    deadline.clear();
    // A farewell, never a reset: a server without an error handler would die of it.
    socket.destroy();
    resolve(seen);
  };
  const deadline = startDeadline(timeoutMs, () => {
    const detail = `no connection to ${addressText(address)} in ${formatDuration(timeoutMs)}`;
    finish({ ok: false, detail, answer: 'silent' });
  });
  socket.once('connect', () =>
    finish({ ok: true, detail: `connected to ${addressText(address)}`, answer: 'answered' }),
  );
  socket.on('error', (error) => finish(seenFromError(error, address)));
  return promise;
}
