/** Turns the checks that speak a server's own protocol into probes. */
import { resolve } from 'node:path';
import { isIP } from 'node:net';
import type { HealthCheck, Login, Probe, TlsWish } from '@fettle/core/stack/health-check';
import type { HealthFields } from '../keys/health-keys.ts';
import { ownServer, readServer, serverSchemes, type ServerTarget } from '../keys/server-keys.ts';

const dayMs = 86_400_000;
const leftMs = 14 * dayMs;
const leastIntervalMs = 250;
const mostIntervalMs = 5_000;

/** `externalUrl`: where the service runs when it is not ours; null: it is. */
export type ServerHome = Readonly<{ externalUrl: string | null }>;

/** null: the check is of another kind. */
export function serverProbe(fields: HealthFields, home: ServerHome): Probe | null {
  const { grpc, redis, postgres, certificate, notify } = fields;
  if (grpc !== undefined) {
    const target = at('grpc', grpc.value, home);
    const service = fields.service?.value ?? '';
    return { kind: 'grpc', ...place(target), service, tls: tlsOf(target, fields) };
  }
  if (redis !== undefined) {
    const target = at('redis', redis.value, home);
    return {
      kind: 'redis',
      ...place(target),
      login: loginOf(target, fields),
      tls: tlsOf(target, fields),
    };
  }
  if (postgres !== undefined) {
    const target = at('postgres', postgres.value, home);
    const login = loginOf(target, fields);
    const database = fields.database?.value ?? target.database ?? login?.user ?? 'postgres';
    return { kind: 'postgres', ...place(target), login, database, tls: tlsOf(target, fields) };
  }
  if (certificate !== undefined) {
    const target = at('certificate', certificate.value, home);
    return {
      kind: 'certificate',
      ...place(target),
      serverName: fields.server_name?.value ?? nameIn(target),
      ca: caOf(fields),
      leftMs: fields.left?.value ?? leftMs,
    };
  }
  return notify === undefined
    ? null
    : { kind: 'notify', watchdogMs: fields.watchdog?.value ?? null };
}

/** Of the short form, `health: redis`; null: no such word. */
export function shortServerProbe(word: string, home: ServerHome): Probe | null {
  if (word === 'notify') return { kind: 'notify', watchdogMs: null };
  if (!Object.hasOwn(serverSchemes, word)) return null;
  const target = at(word, ownServer, home);
  const rest = { ...place(target), tls: target.tls === true ? verified(null, null) : null };
  switch (word) {
    case 'grpc':
      return { kind: 'grpc', service: '', ...rest };
    case 'redis':
      return { kind: 'redis', login: loginOf(target, {}), ...rest };
    case 'postgres': {
      const login = loginOf(target, {});
      const database = target.database ?? login?.user ?? 'postgres';
      return { kind: 'postgres', login, database, ...rest };
    }
    default:
      return {
        kind: 'certificate',
        ...place(target),
        serverName: nameIn(target),
        ca: null,
        leftMs,
      };
  }
}

/**
 * What the check leaves open follows from its kind. A certificate that ends soon is no reason to
 * keep dependants waiting, and changes rarely. A watchdog that was missed is a deadline already.
 */
export function serverDefaults(probe: Probe): Partial<HealthCheck> {
  if (probe.kind === 'certificate')
    return {
      role: 'readiness',
      required: false,
      intervalMs: 600_000,
      timeoutMs: 5_000,
      downAfter: 2,
      upAfter: 1,
    };
  if (probe.kind !== 'notify') return {};
  const half = (probe.watchdogMs ?? mostIntervalMs * 2) / 2;
  const intervalMs = Math.min(mostIntervalMs, Math.max(leastIntervalMs, half));
  return {
    role: probe.watchdogMs === null ? 'readiness' : 'both',
    intervalMs,
    downAfter: 1,
    upAfter: 1,
  };
}

function at(kind: string, target: ServerTarget, { externalUrl }: ServerHome): ServerTarget {
  if (target.port !== null || externalUrl === null) return target;
  const own = readServer(externalUrl, serverSchemes[kind] ?? {});
  if (own !== null) return own;
  // Another scheme, as `tcp://`: host and port count.
  const url = URL.parse(externalUrl);
  const port = Number(url?.port ?? '');
  return url === null || port === 0
    ? target
    : { ...target, host: url.hostname.replaceAll(/[[\]]/g, ''), port };
}

function place({ host, port }: ServerTarget): Readonly<{
  host: string | null;
  port: number | null;
}> {
  return { host, port };
}

/** A name worth checking: `localhost` and addresses are where it listens, not who it is. */
function nameIn({ host }: ServerTarget): string | null {
  return host === null || host === 'localhost' || isIP(host) !== 0 ? null : host;
}

function loginOf(target: ServerTarget, fields: Partial<HealthFields>): Login | null {
  const user = fields.user?.value ?? target.user;
  const password = fields.password?.value ?? target.password;
  return user === null && password === null ? null : { user, password };
}

function tlsOf(target: ServerTarget, fields: HealthFields): TlsWish | null {
  const word = fields.tls?.value;
  const wanted = word === undefined ? (target.tls ?? false) : word !== 'off';
  if (!wanted) return null;
  const name = fields.server_name?.value ?? null;
  return { ...verified(caOf(fields), name), verify: word !== 'unverified' };
}

function verified(ca: string | null, serverName: string | null): TlsWish {
  return { verify: true, ca, serverName };
}

function caOf({ ca }: HealthFields): string | null {
  return ca === undefined ? null : resolve(ca.node.spot.source.baseDir, ca.value);
}
