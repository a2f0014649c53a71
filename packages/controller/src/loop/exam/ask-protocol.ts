/**
 * Asks an open port its own protocol's cheapest question, to tell a server that answers from one
 * that only accepts: HTTP, PostgreSQL's SSLRequest, Redis's PING. Any answer will do, since it is
 * the silence that tells. Nothing is sent where the protocol is not known.
 * Sources: PostgreSQL, "Message Formats" (SSLRequest); Redis, "RESP"; RFC 9110.
 */

import type { EndpointExam } from '@fettle/core/loop/collect/exam';
import type { Service } from '@fettle/core/stack/service';

export type Protocol = 'http' | 'postgres' | 'redis';

/** By its first bytes. Two ways to one server that speak differently: one of them garbles. */
export function tongueOf(heard: Buffer): NonNullable<EndpointExam['speaks']> {
  const head = heard.subarray(0, 64).toString('latin1');
  if (/^HTTP\/\d/.test(head)) return 'http';
  if (/^[+:$*-][^\r\n]*\r?\n/.test(head)) return 'redis';
  if (/^[SN]$/.test(head)) return 'postgres';
  return /^[\t\r\n -~]+$/.test(head) ? 'text' : 'bytes';
}

const schemes: Readonly<Record<string, Protocol>> = {
  http: 'http',
  ws: 'http',
  postgres: 'postgres',
  postgresql: 'postgres',
  redis: 'redis',
};
const ports: Readonly<Record<number, Protocol>> = { 5432: 'postgres', 6379: 'redis' };
/** They speak first, or in a binary protocol that PING would only disturb. */
const otherStores = /(?:^|\/)(?:mysqld?|mariadbd?|mongod|etcd|cockroach|cassandra)$/;
const programs: readonly (readonly [RegExp, Protocol])[] = [
  [/(?:^|\/)(?:postgres|postmaster)$/, 'postgres'],
  [/(?:^|\/)(?:redis-server|valkey-server|keydb-server)$/, 'redis'],
];

/**
 * `peer`: the service that should listen there; null: none of ours. A database whose program is not
 * known is asked PING: nearly every text protocol answers that, be it with an error.
 */
export function protocolOf(
  scheme: string | null,
  port: number,
  peer: Pick<Service, 'command' | 'labels'> | null,
): Protocol | null {
  if (scheme !== null) return schemes[scheme] ?? null;
  const words = peer?.command.flatMap((one) => one.split(/\s+/)) ?? [];
  for (const [pattern, protocol] of programs)
    if (words.some((word) => pattern.test(word))) return protocol;
  if (ports[port] !== undefined) return ports[port];
  const isStore = peer?.labels['fettle.kind'] === 'database';
  return isStore && !words.some((word) => otherStores.test(word)) ? 'redis' : null;
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
