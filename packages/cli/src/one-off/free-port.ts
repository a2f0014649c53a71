/**
 * A port of its own for a one-off command, so that it does not collide with the service in whose
 * place it runs. Claimed among all stacks of this machine as services claim theirs.
 */
import { createServer, type Server } from 'node:net';
import { portLockName } from '@fettle/sdk/daemon/paths';

export type OwnPort = Readonly<{ port: number; release(): void }>;

const tries = 20;

/** null: none was to be had, as on an address that is not ours. */
export async function claimFreePort(host: string): Promise<OwnPort | null> {
  for (let left = tries; left > 0; left -= 1) {
    const probe = await listen({ host, port: 0 });
    const address = probe?.address();
    if (probe === null || address === null || typeof address !== 'object') return null;
    const claim = await listen({ path: portLockName(address.port) });
    probe.close();
    if (claim !== null) return { port: address.port, release: () => void claim.close() };
  }
  return null;
}

function listen(place: Readonly<{ host: string; port: number } | { path: string }>) {
  const { promise, resolve } = Promise.withResolvers<Server | null>();
  const server = createServer((socket) => socket.destroy());
  server.once('error', () => resolve(null));
  server.listen(place, () => {
    server.unref();
    resolve(server);
  });
  return promise;
}
