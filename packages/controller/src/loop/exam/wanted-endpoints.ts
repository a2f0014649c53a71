/**
 * Which addresses an exam tries: each dependency's, those that the service's configuration names,
 * those that its error lines name, and those of this machine to which it is connected.
 *
 * A log is anybody's text, so an address that only a log names is connected to only when it is on
 * this machine or equal to a configured one: nobody makes us call out by writing a line.
 */
import { serviceKind } from '@fettle/core/loop/collect/service-kind';
import { looksLikeError } from '@fettle/core/loop/collect/error-line';
import type { EndpointExam } from '@fettle/core/loop/collect/exam';
import type { Service, Stack } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { dialable, externalAddress } from '../../probes/address.ts';
import { protocolOf, type Protocol } from './ask-protocol.ts';
import { configuredAddresses } from './configured-names.ts';
import { connectedAddresses } from './connected-addresses.ts';
import type { ExamContext } from './exam-context.ts';
import { addressesIn, isLoopbackHost, type NamedAddress } from './named-addresses.ts';

export type WantedEndpoint = Pick<EndpointExam, 'peer' | 'behind' | 'host' | 'port' | 'from'> &
  Readonly<{ protocol: Protocol | null; path: string | null }>;

const maxEndpoints = 24;
const maxReplicas = 4;
const maxErrorLines = 60;

export function wantedEndpoints(context: ExamContext): readonly WantedEndpoint[] {
  const wanted = new Map<string, WantedEndpoint>();
  const add = (one: WantedEndpoint): void => {
    const key = `${isLoopbackHost(one.host) ? 'loopback' : one.host}:${one.port}`;
    if (!wanted.has(key) && wanted.size < maxEndpoints) wanted.set(key, one);
  };
  for (const one of dependencyEndpoints(context)) add(one);
  const configured = configuredAddresses(context.service);
  for (const address of configured) add(endpointOf(address, 'config', context));
  const known = new Set(configured.map(({ host }) => host));
  for (const address of loggedAddresses(context))
    if (isLoopbackHost(address.host) || known.has(address.host))
      add(endpointOf(address, 'log', context));
  for (const address of connectedAddresses(context))
    add(endpointOf(address, 'connection', context));
  return [...wanted.values()];
}

function dependencyEndpoints({ stack, service, deps }: ExamContext): readonly WantedEndpoint[] {
  const views = deps.link.instances();
  return service.dependsOn.flatMap(({ service: name }): WantedEndpoint[] => {
    const peer = stack.services.find((one) => one.name === name);
    if (peer === undefined) return [];
    return addressesOf(peer, views).map(({ host, port }) => ({
      peer: name,
      host,
      port,
      from: 'dependency',
      ...howToAsk(peer, null, port),
    }));
  });
}

/** Where it listens; where it should while it is down. */
function addressesOf(
  peer: Service,
  views: readonly InstanceView[],
): readonly Readonly<{ host: string; port: number }>[] {
  if (peer.external) {
    const address = externalAddress(peer.externalUrl);
    return address === null ? [] : [address];
  }
  const live = views
    .filter(({ service, port }) => service === peer.name && port !== null)
    .slice(0, maxReplicas)
    .flatMap(({ port }) => (port === null ? [] : [{ host: dialable(port.host), port: port.port }]));
  const wished = peer.port?.preferred[0]?.from ?? 0;
  if (live.length > 0 || wished === 0) return live;
  return [{ host: dialable(peer.port?.host ?? '127.0.0.1'), port: wished }];
}

/** A check over HTTP says both the protocol and a path that may be asked. */
function howToAsk(
  peer: Service | null,
  scheme: string | null,
  port: number,
): Pick<WantedEndpoint, 'protocol' | 'path'> {
  const check = peer?.healthChecks.find(
    ({ probe }) => probe.kind === 'http' && probe.target.startsWith('/'),
  );
  const told = peer?.labels['fettle.protocol'] ?? scheme;
  if (check?.probe.kind === 'http' && told === null)
    return { protocol: 'http', path: check.probe.target };
  return { protocol: protocolOf(told, port, peer), path: null };
}

/**
 * Whom an address means that nobody of the stack has: something stands between (a proxy), and it
 * speaks the protocol of the one behind it. Told by the setting's name, or by there being
 * but one.
 */
function behind({ setting }: NamedAddress, { stack, service }: ExamContext): Service | null {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z\d]/g, '');
  const needs = service.dependsOn.flatMap(
    ({ service: name }) => stack.services.find((one) => one.name === name) ?? [],
  );
  const named = needs.find(({ name }) => plain(setting ?? '').includes(plain(name)));
  const stores = needs.filter((one) => serviceKind(one) === 'database');
  const isStore = /database|(?:^|[^a-z])db(?:[^a-z]|$)|postgres|redis|mysql|mongo|store/i;
  const store = stores.length === 1 && isStore.test(setting ?? '') ? stores[0] : undefined;
  return named ?? store ?? (needs.length === 1 ? (needs[0] ?? null) : null);
}

function loggedAddresses({ lines }: ExamContext): readonly NamedAddress[] {
  return lines.filter(looksLikeError).slice(-maxErrorLines).flatMap(addressesIn);
}

function endpointOf(
  address: NamedAddress,
  from: WantedEndpoint['from'],
  context: ExamContext,
): WantedEndpoint {
  const { host, port, scheme } = address;
  const { stack, deps } = context;
  const near = isLoopbackHost(host) || host === '0.0.0.0';
  const peer = near ? serviceAt(port, stack, deps.link.instances()) : externalAt(host, port, stack);
  const meant = peer === null ? behind(address, context) : null;
  const asked = howToAsk(peer ?? meant, scheme, port);
  // A connection without a setting may be to anybody: to Fettle itself, for one.
  const told = from === 'config' ? (meant?.name ?? null) : null;
  return { peer: peer?.name ?? null, behind: told, host: dialable(host), port, from, ...asked };
}

/** The service that listens there, or that asked for the port. */
function serviceAt(port: number, stack: Stack, views: readonly InstanceView[]): Service | null {
  const name =
    views.find((view) => view.port?.port === port)?.service ??
    stack.services.find((one) =>
      one.port?.preferred.some(({ from, to }) => from <= port && port <= to),
    )?.name;
  return stack.services.find((one) => one.name === name) ?? null;
}

function externalAt(host: string, port: number, stack: Stack): Service | null {
  const fits = ({ externalUrl }: Service): boolean => {
    const address = externalAddress(externalUrl);
    return address !== null && address.host === host && address.port === port;
  };
  return stack.services.find(fits) ?? null;
}
