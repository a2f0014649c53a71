/** TCP: a connection is accepted. The kernel accepts for a hung process, too: readiness, not life. */
import { connect } from 'node:net';
import { formatDuration } from '@fettle/sdk/duration';
import { FettleError } from '@fettle/sdk/fettle-error';
import { addressText, dialable, externalAddress } from './address.ts';
import { startDeadline } from './deadline.ts';
import { seenFromError } from './net-error.ts';
import type { Address, Place, ProbeKind, ProbeOf, Seen } from './probe.ts';

export const tcpProbe: ProbeKind<'tcp'> = {
  kind: 'tcp',
  address: dialed,
  open(probe, place) {
    const address = dialed(probe, place);
    if (address === null)
      throw new FettleError('E-HEALTH-PROBE', `${place.service}: no port to connect to`, {
        hint: `Give services.${place.service} a port, or the tcp check one.`,
      });
    return { run: (timeoutMs) => connectTcp(address, timeoutMs), close() {} };
  },
};

function dialed(probe: ProbeOf<'tcp'>, place: Place): Address | null {
  const own = place.address ?? externalAddress(place.url);
  const host = probe.host ?? own?.host ?? '127.0.0.1';
  const port = probe.port ?? own?.port;
  return port === undefined ? null : { host: dialable(host), port };
}

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
