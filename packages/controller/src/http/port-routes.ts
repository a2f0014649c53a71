/** `GET /api/v1/ports`: what was handed out, who listens, and who holds what we wanted. */
import type { PortRange, PortRequest } from '@fettle/core/stack/port';
import type { Service } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { listenersOn, listListeners } from '@fettle/proc/listeners';
import { ownerOfPort } from '@fettle/proc/port-owner';
import type { PortRow, PortsDocument } from '@fettle/sdk/api/documents';
import { ownerText } from '../notice-events.ts';
import type { ApiParts } from './api-parts.ts';
import { stackOf } from './inputs.ts';
import type { Routes } from './route.ts';

/** Preferred ports looked at for foreign listeners; a range of thousands is not listed. */
const maxAsked = 512;

export function addPortRoutes(routes: Routes, parts: ApiParts): void {
  routes.add({
    method: 'GET',
    path: '/api/v1/ports',
    id: 'listPorts',
    tag: 'ports',
    summary: 'Allocations, their owners, and foreign listeners on ports that were asked for',
    role: 'viewer',
    answer: { description: 'By port', schema: 'PortsDocument' },
    problems: [503],
    handle: () => portsDocument(parts),
  });
}

function portsDocument(parts: ApiParts): PortsDocument {
  const stack = stackOf(parts);
  const views = parts.link.instances();
  const byName = new Map(stack.services.map((service) => [service.name, service]));
  const ours = views.flatMap((view) => {
    const service = byName.get(view.service);
    return service === undefined || view.port === null ? [] : [oursRow(view, service, parts)];
  });
  const taken = new Set(ours.map(({ port }) => port));
  const foreign = stack.services.flatMap((service) => foreignRows(service, taken, views));
  const reserved = stack.reservedPorts.map(({ class: name, from, to }): PortRow => ({
    ...emptyRow(from, '*'),
    state: 'reserved',
    asked: rangeText({ from, to }),
    note: `kept for class ${name}`,
  }));
  const ports = [...ours, ...unique(foreign), ...reserved];
  return {
    schema: 'fettle.ports/v1',
    ports: ports.toSorted((one, other) => one.port - other.port),
  };
}

function oursRow(view: InstanceView, service: Service, parts: ApiParts): PortRow {
  const { port = 0, host = '', fallbackFrom = null } = view.port ?? {};
  const listener = listenersOn(host, port)?.[0];
  const attested = parts.health
    .checks(view.instance)
    .find((check) => check.attested !== null)?.attested;
  const moved =
    fallbackFrom === null
      ? null
      : `${fallbackFrom.port} is taken by ${ownerText(fallbackFrom.owner)}`;
  const silent = listener === undefined && view.pid !== null ? 'nobody listens there yet' : null;
  const open =
    listener !== undefined && ['0.0.0.0', '::'].includes(listener.address)
      ? 'open to the network'
      : null;
  return {
    ...emptyRow(port, host),
    instance: view.instance,
    service: view.service,
    pid: view.pid,
    command: service.command.join(' ').slice(0, 200),
    state: 'ours',
    asked: askedText(service.port),
    reachable: listener?.address ?? null,
    attested: attested ?? null,
    note: [moved, silent, open].filter((one) => one !== null).join('; ') || null,
  };
}

/** Preferred ports on which somebody else listens. */
function foreignRows(
  service: Service,
  ours: ReadonlySet<number>,
  views: readonly InstanceView[],
): readonly PortRow[] {
  const { port: request } = service;
  if (request === null) return [];
  const listening = new Set(listListeners()?.map(({ port }) => port));
  const tokens = new Map(views.map((view) => [view.token, view]));
  return portsOf(request)
    .filter((port) => listening.has(port) && !ours.has(port))
    .flatMap((port): PortRow[] => {
      const owner = ownerOfPort(port, request.host);
      if (owner === null) return [];
      const view = owner.token === null ? undefined : tokens.get(owner.token);
      return [
        {
          ...emptyRow(port, request.host),
          instance: view?.instance ?? null,
          service: view?.service ?? null,
          pid: owner.pid,
          command: owner.command,
          state: view !== undefined ? 'ours' : owner.token === null ? 'foreign' : 'orphan',
          asked: askedText(request),
          reachable: owner.address,
          note: `${service.name} asks for it`,
        },
      ];
    });
}

function unique(rows: readonly PortRow[]): readonly PortRow[] {
  return [...new Map(rows.map((row) => [row.port, row])).values()];
}

function portsOf({ preferred }: PortRequest): readonly number[] {
  const ports: number[] = [];
  for (const { from, to } of preferred)
    for (let port = from; port <= to && ports.length < maxAsked; port += 1) ports.push(port);
  return ports;
}

function askedText(request: PortRequest | null): string | null {
  if (request === null || request.preferred.length === 0) return null;
  return request.preferred.map(rangeText).join(', ');
}

function rangeText({ from, to }: PortRange): string {
  return from === to ? String(from) : `${from}-${to}`;
}

function emptyRow(port: number, host: string): PortRow {
  return {
    port,
    host,
    instance: null,
    service: null,
    pid: null,
    command: null,
    state: 'free',
    asked: null,
    reachable: null,
    attested: null,
    note: null,
  };
}
