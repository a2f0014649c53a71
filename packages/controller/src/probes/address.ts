/** Where a check dials: its own words first, then the address that the instance was given. */
import { FettleError } from '@fettle/sdk/fettle-error';
import type { Address, Place } from './probe.ts';

/** A wildcard is where one listens, not where one dials. */
export function dialable(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1';
  return host === '::' || host === '[::]' ? '::1' : host;
}

/** `127.0.0.1:8000`, `[::1]:8000`. */
export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Absolute URL of `target`, which may be a path on the instance's own port; null: no address. */
export function targetUrl(target: string, place: Place, scheme: 'http' | 'ws'): URL | null {
  if (/^[a-z]+:\/\//.test(target)) return URL.parse(target);
  if (place.address === null) return place.url === null ? null : URL.parse(target, place.url);
  const path = target.startsWith('/') ? target : `/${target}`;
  const { host, port } = place.address;
  return URL.parse(`${scheme}://${addressText({ host: dialable(host), port })}${path}`);
}

const defaultPorts: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'ws:': 80,
  'wss:': 443,
  'redis:': 6_379,
  'rediss:': 6_379,
  'postgres:': 5_432,
  'postgresql:': 5_432,
};

export function addressOf(url: URL): Address {
  const port = url.port === '' ? (defaultPorts[url.protocol] ?? 0) : Number(url.port);
  return { host: url.hostname.replaceAll(/^\[|\]$/g, ''), port };
}

/** Address in the URL of an external service; null when there is none. */
export function externalAddress(url: string | null): Address | null {
  const parsed = url === null ? null : URL.parse(url.includes('://') ? url : `tcp://${url}`);
  if (parsed === null || parsed.hostname === '') return null;
  const address = addressOf(parsed);
  return address.port === 0 ? null : address;
}

/** What a check of a server dials: its own words first; null: nothing says a port. */
export function serverAddress(
  probe: Readonly<{ host: string | null; port: number | null }>,
  place: Place,
): Address | null {
  const own = place.address ?? externalAddress(place.url);
  const host = probe.host ?? own?.host ?? '127.0.0.1';
  const port = probe.port ?? own?.port;
  return port === undefined ? null : { host: dialable(host), port };
}

/** @throws FettleError E-HEALTH-PROBE when nothing says a port. */
export function requireAddress(
  probe: Readonly<{ kind: string; host: string | null; port: number | null }>,
  place: Place,
): Address {
  const address = serverAddress(probe, place);
  if (address !== null) return address;
  throw new FettleError('E-HEALTH-PROBE', `${place.service}: no port to connect to`, {
    hint: `Give services.${place.service} a port, or the ${probe.kind} check one.`,
  });
}
