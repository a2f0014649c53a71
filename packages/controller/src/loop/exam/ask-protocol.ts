/**
 * Asks an open port its own protocol's cheapest question, to tell a server that answers from one
 * that only accepts: HTTP, PostgreSQL's SSLRequest, Redis's PING. Any answer will do, since it is
 * the silence that tells. Nothing is sent where the protocol is not known.
 * Sources: PostgreSQL, "Message Formats" (SSLRequest); Redis, "RESP"; RFC 9110.
 */

export type Protocol = 'http' | 'postgres' | 'redis';

const schemes: Readonly<Record<string, Protocol>> = {
  http: 'http',
  ws: 'http',
  postgres: 'postgres',
  postgresql: 'postgres',
  redis: 'redis',
};
const ports: Readonly<Record<number, Protocol>> = { 5432: 'postgres', 6379: 'redis' };
const programs: readonly (readonly [RegExp, Protocol])[] = [
  [/(?:^|\/)(?:postgres|postmaster)$/, 'postgres'],
  [/(?:^|\/)(?:redis-server|valkey-server|keydb-server)$/, 'redis'],
];

/** `command`: of the service that should listen there; empty when it is not ours. */
export function protocolOf(
  scheme: string | null,
  port: number,
  command: readonly string[],
): Protocol | null {
  if (scheme !== null) return schemes[scheme] ?? null;
  for (const [pattern, protocol] of programs)
    if (command.some((word) => pattern.test(word))) return protocol;
  return ports[port] ?? null;
}

/** What is sent once connected. */
export function questionOf(protocol: Protocol, host: string, path: string | null): Buffer {
  switch (protocol) {
    case 'http': {
      const line = path === null ? 'OPTIONS *' : `GET ${path}`;
      return Buffer.from(
        `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
        'latin1',
      );
    }
    case 'postgres': {
      const request = Buffer.alloc(8);
      request.writeInt32BE(8, 0);
      request.writeInt32BE(80_877_103, 4);
      return request;
    }
    case 'redis':
      return Buffer.from('PING\r\n', 'latin1');
    default:
      return protocol satisfies never;
  }
}
