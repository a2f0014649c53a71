/**
 * Lets containers reach processes of this machine that listen on loopback only: what comes to a
 * port at the gateway of the stack's network goes to the same port at 127.0.0.1.
 *
 * Only who is on that network (or on this machine) can reach the gateway's address.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

export type Relays = Readonly<{
  /** Those that are open already stay as they are. */
  open(gateway: string, ports: readonly number[]): void;
  close(): void;
}>;

/** Connections of one relay at a time. */
const maxConnections = 1_000;

export function createRelays(log: (message: string, fields: object) => void): Relays {
  const servers = new Map<string, Server>();
  const open = (gateway: string, port: number): void => {
    const key = `${gateway}:${port}`;
    if (servers.has(key)) return;
    const server = createServer((outside) => join(outside, connect({ host: '127.0.0.1', port })));
    server.maxConnections = maxConnections;
    servers.set(key, server);
    server.on('error', (error: NodeJS.ErrnoException) => {
      servers.delete(key);
      // Whoever listens there is reached without us.
      if (error.code !== 'EADDRINUSE') log('no relay', { address: key, code: error.code });
    });
    server.listen({ host: gateway, port });
    server.unref();
  };
  return {
    open: (gateway, ports) => ports.forEach((port) => open(gateway, port)),
    close() {
      for (const server of servers.values()) server.close();
      servers.clear();
    },
  };
}

function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
    from.pipe(to);
  }
}
