/** Typed requests of the page to its own controller; problems become errors with a hint. */
import type {
  EventsDocument,
  LogsDocument,
  PortsDocument,
  Problem,
  SeriesDocument,
  ServiceDocument,
  TimelineDocument,
  WhyDocument,
} from '@fettle/sdk/api/documents';
import type {
  HealingDocument,
  IncidentDocument,
  IncidentsDocument,
  RunsDocument,
} from '@fettle/sdk/api/incidents';
import type { RunbookDocument, RunbooksDocument } from '@fettle/sdk/api/runbooks';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { StatusDocument } from '@fettle/sdk/api/status';

const deadlineMs = 10_000;

async function ask<T>(url: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(deadlineMs) });
  if (response.ok) return (await response.json()) as T;
  const problem = (await response.json().catch(() => null)) as Problem | null;
  throw new FettleError(problem?.code ?? 'E-API', problem?.detail ?? `HTTP ${response.status}`, {
    hint: problem?.hint ?? 'Look at `fettle status` in a terminal.',
    status: response.status,
  });
}

/** A word of a person to the loop. */
const tell = (url: string, body: object): Promise<unknown> =>
  ask<unknown>(url, {
    method: 'POST',
    headers: {
      'idempotency-key': crypto.randomUUID(),
      'content-type': 'application/json',
      'x-fettle-actor': 'dashboard',
    },
    body: JSON.stringify(body),
  });

const service = (name: string): string => `/api/v1/services/${encodeURIComponent(name)}`;

export const api = {
  status: () => ask<StatusDocument>('/api/v1/status'),
  service: (name: string) => ask<ServiceDocument>(service(name)),
  why: (name: string) => ask<WhyDocument>(`${service(name)}/why`),
  series: (name: string, since: string) =>
    ask<SeriesDocument>(`${service(name)}/series?since=${since}`),
  timeline: (name: string | null) =>
    ask<TimelineDocument>(name === null ? '/api/v1/timeline' : `${service(name)}/timeline`),
  events: () => ask<EventsDocument>('/api/v1/events'),
  ports: () => ask<PortsDocument>('/api/v1/ports'),
  logs: (search: URLSearchParams) => ask<LogsDocument>(`/api/v1/logs?${search}`),
  incidents: () => ask<IncidentsDocument>('/api/v1/incidents'),
  incident: (id: string) => ask<IncidentDocument>(`/api/v1/incidents/${encodeURIComponent(id)}`),
  runs: (active: boolean) => ask<RunsDocument>(`/api/v1/runs${active ? '?active=true' : ''}`),
  runbooks: () => ask<RunbooksDocument>('/api/v1/runbooks'),
  runbook: (name: string) => ask<RunbookDocument>(`/api/v1/runbooks/${encodeURIComponent(name)}`),
  healing: () => ask<HealingDocument>('/api/v1/healing'),
  tellIncident: (id: string, verb: string, body: object) =>
    tell(`/api/v1/incidents/${encodeURIComponent(id)}/${verb}`, body),
  tellRun: (id: string, verb: 'approve' | 'reject') =>
    tell(`/api/v1/runs/${encodeURIComponent(id)}/${verb}`, {}),
  controlHealing: (verb: 'pause' | 'resume' | 'emergency-stop') =>
    tell(`/api/v1/healing/${verb}`, {}),
  command: (name: string, command: 'start' | 'stop' | 'restart' | 'reset') =>
    ask<unknown>(`${service(name)}/${command}`, {
      method: 'POST',
      headers: { 'idempotency-key': crypto.randomUUID() },
    }),
};
