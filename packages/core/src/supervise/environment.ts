/**
 * What a run sees in its environment beyond its definition: where to listen, where its
 * dependencies are, who it is.
 *
 * The definition wins for addresses of dependencies and OpenTelemetry, for a hand-written `DB_URL`
 * holds credentials that we do not know; our word wins for PORT and FETTLE_*, because a port that
 * is not the allocated one would collide.
 */
import type { Address } from './address.ts';
import type { Service } from '../stack/service.ts';
import { addressSeenBy, isApart, urlSeen } from './container-environment.ts';
import type { Instance, Run, ServiceRecord, SuperviseState } from './state.ts';

/** `my-db` to `MY_DB`. */
export function variableName(service: string): string {
  return service.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

/** Where clients reach a service: its first replica that has a port. */
export function addressOf(record: ServiceRecord): Address | null {
  const { definition } = record;
  if (definition.external) return externalAddress(definition);
  let best: Instance | null = null;
  for (const instance of record.instances.values()) {
    if (instance.port.allocation === null || instance.removing) continue;
    if (best === null || instance.replica < best.replica) best = instance;
  }
  const allocation = best?.port.allocation;
  return allocation ? addressAt(allocation.host, allocation.port) : null;
}

/** Where a service that is not ours to run answers; null: its definition does not say. */
export function externalAddress({ externalUrl, port }: Service): Address | null {
  if (externalUrl !== null) return parseAddress(externalUrl);
  const first = port?.preferred[0]?.from;
  return port === null || first === undefined ? null : addressAt(port.host, first);
}

/** What a process of a service is told about the stack around it. */
export type Surroundings = Readonly<{
  definition: Service;
  /** `api.1`. */
  instance: string;
  stackName: string;
  /** Its own place to listen; null: it has none. */
  place: Readonly<{ host: string; port: number }> | null;
  /** null: the controller has no address yet. */
  fettleUrl: string | null;
  /** null: that service has no address. */
  addressOf: (service: string) => Address | null;
}>;

export function environmentFor(
  state: SuperviseState,
  instance: Instance,
  token: string,
): Readonly<Record<string, string>> {
  const { definition } = instance.service;
  const environment = environmentIn({
    definition,
    instance: instance.id,
    stackName: state.stack?.name ?? 'fettle',
    place: instance.port.allocation,
    fettleUrl: fettleUrl(state),
    addressOf: (service) => {
      const record = state.services.get(service);
      if (record === undefined) return null;
      const address = addressSeenBy(definition, record, addressOf(record));
      // A container does not see our files, and its network spreads calls over replicas itself.
      if (address === null || !hasEndpoints(record) || isApart(definition)) return address;
      return { ...address, endpoints: endpointsFile(state.options.stateDir, service) };
    },
  });
  return definition.container === undefined ? { ...environment, FETTLE_RUN: token } : environment;
}

/** All but the run token. */
export function environmentIn({
  definition,
  instance,
  stackName,
  place,
  fettleUrl: known,
  addressOf: find,
}: Surroundings): Readonly<Record<string, string>> {
  const environment: Record<string, string> = {};
  for (const { service } of definition.dependsOn) {
    const address = find(service);
    if (address === null) continue;
    const name = variableName(service);
    environment[`${name}_URL`] = address.url;
    environment[`${name}_HOST`] = address.host;
    if (address.port !== null) environment[`${name}_PORT`] = String(address.port);
    if (address.endpoints !== undefined) environment[`${name}_ENDPOINTS`] = address.endpoints;
  }
  const apart = isApart(definition);
  const url = known === null || !apart ? known : urlSeen(known);
  if (definition.port !== null && place !== null)
    environment['HOST'] = apart ? '0.0.0.0' : place.host;
  if (url !== null) environment['OTEL_EXPORTER_OTLP_ENDPOINT'] = url;
  environment['OTEL_SERVICE_NAME'] = definition.name;
  environment['OTEL_RESOURCE_ATTRIBUTES'] =
    `service.instance.id=${instance},service.namespace=${stackName}`;
  Object.assign(environment, definition.environment);
  const inside = apart ? definition.container?.target : null;
  if (definition.port !== null && place !== null)
    environment['PORT'] = String(inside ?? place.port);
  if (url !== null) environment['FETTLE_URL'] = url;
  environment['FETTLE_SERVICE'] = definition.name;
  environment['FETTLE_INSTANCE'] = instance;
  return environment;
}

/** Only a service that may have several replicas, each with a port. */
export function hasEndpoints({ definition }: ServiceRecord): boolean {
  return definition.port !== null && !definition.external && definition.maxReplicas > 1;
}

/** Where its replicas are written down (`tell-endpoints`); absolute. */
export function endpointsFile(stateDir: string, service: string): string {
  return `${stateDir}/endpoints/${service}.json`;
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

export function fettleUrl(state: SuperviseState): string | null {
  const controller = state.services.get('@controller');
  return (controller && addressOf(controller)?.url) ?? state.options.fettleUrl;
}

/** A service that listens everywhere is reached over loopback. */
export function addressAt(listenHost: string, port: number): Address {
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
