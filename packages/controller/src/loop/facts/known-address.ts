/**
 * Which addresses we may speak to: this machine, and hosts that the config names. A host that only
 * a log line names is data of strangers and is never called.
 */
import type { Service, Stack } from '@fettle/core/stack/service';
import type { ActionWorld } from '../actions/action-world.ts';

export type Address = Readonly<{ host: string; port: number }>;

/** `host:port`, a URL, or a service's name. null: no such thing, or not ours to call. */
export function addressOf(text: string, world: ActionWorld): Address | null {
  const stack = world.link.stack();
  const service = stack?.services.find(({ name }) => name === text);
  if (service !== undefined) return addressOfService(service, world);
  const found = parseAddress(text);
  return found !== null && mayCall(found.host, stack) ? found : null;
}

/** Where clients reach it: its first instance that has a port, or its external URL. */
function addressOfService(service: Service, world: ActionWorld): Address | null {
  if (service.externalUrl !== null) return parseAddress(service.externalUrl);
  const instances = world.link.instances().filter((one) => one.service === service.name);
  const given = instances.find(({ port }) => port !== null)?.port;
  if (given !== undefined && given !== null)
    return { host: reachable(given.host), port: given.port };
  const wanted = service.port?.preferred[0];
  if (wanted === undefined || service.port === null) return null;
  return { host: reachable(service.port.host), port: wanted.from };
}

export function mayCall(host: string, stack: Stack | null): boolean {
  return isLoopback(host) || (stack !== null && isConfigured(host, stack));
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function isConfigured(host: string, stack: Stack): boolean {
  if (host === '') return false;
  const whole = new RegExp(
    `(^|[^\\w.-])${host.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}($|[^\\w.-])`,
  );
  return stack.services.some((service) => wordsOf(service).some((word) => whole.test(word)));
}

function wordsOf(service: Service): readonly string[] {
  const { command, environment, externalUrl, port, healthChecks } = service;
  const targets = healthChecks.map(({ probe }) => ('target' in probe ? probe.target : ''));
  const own = [...command, ...Object.values(environment), ...targets];
  return [...own, externalUrl ?? '', port?.host ?? ''];
}

/** A service that listens everywhere is reached over loopback. */
function reachable(host: string): string {
  if (host === '' || host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

const defaultPorts: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  redis: 6379,
  amqp: 5672,
  mongodb: 27017,
};

/** Scheme, optional credentials, host, optional port: enough of RFC 3986 for an address. */
const parts =
  /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:[^@/\s]*@)?(\[[^\]\s]+\]|[^:/?#\s]*)(?::(\d{1,5}))?/i;

export function parseAddress(text: string): Address | null {
  const [, scheme = '', wrapped = '', digits] = parts.exec(text.trim()) ?? [];
  const host = wrapped.replaceAll(/^\[|\]$/g, '');
  const port = digits === undefined ? defaultPorts[scheme.toLowerCase()] : Number(digits);
  if (host === '' || port === undefined || port < 1 || port > 65_535) return null;
  return { host, port };
}
