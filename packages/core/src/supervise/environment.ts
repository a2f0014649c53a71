/**
 * What a run sees in its environment beyond its definition: where to listen, where its
 * dependencies are, who it is.
 *
 * The definition wins for addresses of dependencies and OpenTelemetry, for a hand-written `DB_URL`
 * holds credentials that we do not know; our word wins for PORT and FETTLE_*, because a port that
 * is not the allocated one would collide.
 */
import type { Instance, Run, ServiceRecord, SuperviseState } from './state.ts';

export type Address = Readonly<{ url: string; host: string; port: number | null }>;

/** `my-db` to `MY_DB`. */
export function variableName(service: string): string {
  return service.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

/** Where clients reach a service: its first replica that has a port. */
export function addressOf(record: ServiceRecord): Address | null {
  const { definition } = record;
  if (definition.external && definition.externalUrl !== null) {
    return parseAddress(definition.externalUrl);
  }
  if (definition.external && definition.port !== null) {
    const port = definition.port.preferred[0]?.from;
    return port === undefined ? null : addressAt(definition.port.host, port);
  }
  let best: Instance | null = null;
  for (const instance of record.instances.values()) {
    if (instance.port.allocation === null || instance.removing) continue;
    if (best === null || instance.replica < best.replica) best = instance;
  }
  const allocation = best?.port.allocation;
  return allocation ? addressAt(allocation.host, allocation.port) : null;
}

export function environmentFor(
  state: SuperviseState,
  instance: Instance,
  token: string,
): Readonly<Record<string, string>> {
  const { definition } = instance.service;
  const environment: Record<string, string> = {};
  for (const { service } of definition.dependsOn) {
    const record = state.services.get(service);
    const address = record === undefined ? null : addressOf(record);
    if (address === null) continue;
    const name = variableName(service);
    environment[`${name}_URL`] = address.url;
    environment[`${name}_HOST`] = address.host;
    if (address.port !== null) environment[`${name}_PORT`] = String(address.port);
  }
  const allocation = instance.port.allocation;
  if (definition.port !== null && allocation !== null) environment['HOST'] = allocation.host;
  const url = fettleUrl(state);
  if (url !== null) environment['OTEL_EXPORTER_OTLP_ENDPOINT'] = url;
  environment['OTEL_SERVICE_NAME'] = definition.name;
  environment['OTEL_RESOURCE_ATTRIBUTES'] =
    `service.instance.id=${instance.id},service.namespace=${state.stack?.name ?? 'fettle'}`;
  Object.assign(environment, definition.environment);
  if (definition.port !== null && allocation !== null) {
    environment['PORT'] = String(allocation.port);
  }
  if (url !== null) environment['FETTLE_URL'] = url;
  environment['FETTLE_SERVICE'] = definition.name;
  environment['FETTLE_INSTANCE'] = instance.id;
  environment['FETTLE_RUN'] = token;
  return environment;
}

/** The ports of dependencies that a run started now is told. */
export function toldPorts(state: SuperviseState, instance: Instance): Run['told'] {
  const told = new Map<string, number>();
  for (const { service } of instance.service.definition.dependsOn) {
    const record = state.services.get(service);
    const port = record === undefined ? null : (addressOf(record)?.port ?? null);
    if (port !== null) told.set(service, port);
  }
  return told;
}

function fettleUrl(state: SuperviseState): string | null {
  const controller = state.services.get('@controller');
  return (controller && addressOf(controller)?.url) ?? state.options.fettleUrl;
}

/** A service that listens everywhere is reached over loopback. */
function addressAt(listenHost: string, port: number): Address {
  const host =
    listenHost === '0.0.0.0' || listenHost === ''
      ? '127.0.0.1'
      : listenHost === '::'
        ? '::1'
        : listenHost;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, host, port };
}

/** Scheme, optional credentials, host, optional port: enough of RFC 3986 for an address. */
const URL_PARTS = /^([a-z][a-z0-9+.-]*):\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/?#]*)(?::(\d+))?/i;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, ws: 80, wss: 443 };

function parseAddress(url: string): Address {
  const parts = URL_PARTS.exec(url);
  const host = (parts?.[2] ?? url).replace(/^\[|\]$/g, '');
  const port = parts?.[3] === undefined ? DEFAULT_PORTS[parts?.[1] ?? ''] : Number(parts[3]);
  return { url, host, port: port ?? null };
}
