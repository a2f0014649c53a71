/**
 * How a container is told of others. It has a network of its own: another container is reached by
 * its service's name and its port inside, a process of this machine by `host.docker.internal`,
 * where the keeper relays to the process's loopback.
 *
 * The run token is left out: a variable in a container's process is seen in `/proc` of this machine
 * and would be taken for a process of ours, and a container outlives its runs.
 */
import { hostName } from '../stack/container.ts';
import type { Service } from '../stack/service.ts';
import type { Address } from './address.ts';
import type { ContainerLaunch } from './container-wire.ts';
import type { Instance, ServiceRecord, SuperviseState } from './state.ts';

/** Lives on the stack's own network, where loopback is its own. */
export function isApart(service: Service): boolean {
  return service.container !== undefined && service.container.network !== 'host';
}

/** `address`: as processes of this machine reach `record`. */
export function addressSeenBy(
  viewer: Service,
  record: ServiceRecord,
  address: Address | null,
): Address | null {
  if (!isApart(viewer)) return address;
  const { name, container } = record.definition;
  if (container?.network === 'stack') {
    const port = container.target;
    return { url: `http://${name}${port === null ? '' : `:${port}`}`, host: name, port };
  }
  return address === null ? null : throughRelay(address);
}

function throughRelay(address: Address): Address {
  if (!isLoopback(address.host)) return address;
  return { ...address, url: urlSeen(address.url), host: hostName };
}

/** The same address for who lives apart. */
export function urlSeen(url: string): string {
  return url.replace(
    /(:\/\/(?:[^@/]*@)?)(?:127\.[0-9.]+|localhost|\[::1\])(?=[:/]|$)/i,
    `$1${hostName}`,
  );
}

function isLoopback(host: string): boolean {
  return /^(?:127\.|localhost$|::1$)/i.test(host);
}

/** What the shell needs to start it as a container; undefined: it is a process. */
export function launchOf(
  state: SuperviseState,
  instance: Instance,
  seen: Readonly<{ addressOf: (record: ServiceRecord) => Address | null; url: string | null }>,
): ContainerLaunch | undefined {
  const { definition } = instance.service;
  const { container } = definition;
  if (container === undefined) return undefined;
  const { allocation } = instance.port;
  const relays = new Set<number>();
  const told = definition.dependsOn.flatMap(({ service }) => state.services.get(service) ?? []);
  for (const record of isApart(definition) ? told : []) {
    if (record.definition.container?.network === 'stack') continue;
    const address = seen.addressOf(record);
    if (address !== null && address.port !== null && isLoopback(address.host))
      relays.add(address.port);
  }
  const own = isApart(definition) && seen.url !== null ? URL_PORT.exec(seen.url)?.[1] : undefined;
  if (own !== undefined) relays.add(Number(own));
  return {
    stack: state.stack?.name ?? 'fettle',
    service: definition.name,
    replica: instance.replica,
    container,
    port: allocation === null ? null : { host: allocation.host, port: allocation.port },
    relays: [...relays].toSorted((a, b) => a - b),
  };
}

const URL_PORT = /:(\d+)(?:\/|$)/;
