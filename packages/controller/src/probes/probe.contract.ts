/** What the tests of every probe share: a place to run at, and servers that go when a test ends. */
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import type { Probe } from '@fettle/core/stack/health-check';
import { afterEach } from 'vitest';
import { openProbe } from './all.ts';
import type { Place, Seen } from './probe.ts';

export const place: Place = {
  instance: 'api.1',
  service: 'api',
  address: null,
  url: null,
  workingDir: tmpdir(),
  environment: () => ({ PATH: process.env['PATH'] ?? '', COLOUR: 'green' }),
};
export const at = (port: number): Place => ({ ...place, address: { host: '0.0.0.0', port } });

const servers: Server[] = [];
/** Call once per file. */
export function closeServers(): void {
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      (server as Partial<HttpServer>).closeAllConnections?.();
    }
  });
}

export function listening(server: Server | HttpServer): Promise<number> {
  servers.push(server);
  const { promise, resolve } = Promise.withResolvers<number>();
  server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  return promise;
}

export async function run(probe: Probe, where: Place, timeoutMs = 2_000): Promise<Seen> {
  const open = openProbe(probe, where, () => {});
  try {
    return await open.run(timeoutMs);
  } finally {
    open.close();
  }
}
