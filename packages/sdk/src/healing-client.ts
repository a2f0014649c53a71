/** The part of the client that speaks of healing: incidents, runs, approvals, pauses. */
import type {
  DeliveriesDocument,
  HealingCommandDocument,
  HealingDocument,
  IncidentDocument,
  IncidentsDocument,
  RunsDocument,
} from './api/incidents.ts';
import type { DryRunDocument, RunbookDocument, RunbooksDocument } from './api/runbooks.ts';

export type HealingClient = Readonly<{
  /** `since`: RFC 3339 or a duration back from now; 7 days unless told. */
  incidents(request?: Readonly<{ since?: string; open?: boolean }>): Promise<IncidentsDocument>;
  incident(id: string): Promise<IncidentDocument>;
  /** As a page in Markdown. */
  writeUp(id: string): Promise<string>;
  /** The incident's capsule as JSON text, sealed. */
  capsule(id: string): Promise<string>;
  /** Messages about all incidents, or about one. */
  deliveries(request?: Readonly<{ incident?: string }>): Promise<DeliveriesDocument>;
  runs(request?: Readonly<{ active?: boolean }>): Promise<RunsDocument>;
  runbooks(): Promise<RunbooksDocument>;
  runbook(name: string): Promise<RunbookDocument>;
  /** Which way it would go now; nothing is changed. */
  previewRunbook(name: string, wish: RunWish): Promise<DryRunDocument>;
  runRunbook(name: string, wish: RunWish): Promise<HealingCommandDocument>;
  state(): Promise<HealingDocument>;
  /** `verb`: `acknowledge`, `resolve`, `notes`, `verdict`, `manual-steps`, `manual-steps/ID/done`. */
  tellIncident(id: string, verb: string, body?: object): Promise<HealingCommandDocument>;
  tellRun(id: string, verb: 'approve' | 'reject', body?: object): Promise<HealingCommandDocument>;
  /** `for`: a duration or a time; absent: until resumed. */
  control(
    verb: 'pause' | 'resume' | 'emergency-stop' | 'freeze',
    body?: Readonly<{ for?: string; service?: string; until?: string }>,
  ): Promise<HealingCommandDocument>;
}>;

export type RunWish = Readonly<{
  target: string;
  /** Class of diagnosis that is meant; absent: the runbook's first. */
  diagnosis?: string;
  params?: Readonly<Record<string, string | number | boolean>>;
}>;

type Ask = Readonly<{
  get<Document>(path: string): Promise<Document>;
  text(path: string): Promise<string>;
  post<Document>(path: string, body: object): Promise<Document>;
  queryOf(fields: Readonly<Record<string, string | boolean | undefined>>): string;
}>;

export function healingClient({ get, text, post, queryOf }: Ask): HealingClient {
  const at = (kind: string, id: string): string => `/api/v1/${kind}/${encodeURIComponent(id)}`;
  return {
    incidents: (request = {}) => get(`/api/v1/incidents${queryOf(request)}`),
    incident: (id) => get(at('incidents', id)),
    writeUp: (id) => text(`${at('incidents', id)}/write-up`),
    capsule: (id) => text(`${at('incidents', id)}/capsule`),
    deliveries: (request = {}) => get(`/api/v1/deliveries${queryOf(request)}`),
    runs: (request = {}) => get(`/api/v1/runs${queryOf(request)}`),
    runbooks: () => get('/api/v1/runbooks'),
    runbook: (name) => get(at('runbooks', name)),
    previewRunbook: (name, wish) => post(`${at('runbooks', name)}/preview`, wish),
    runRunbook: (name, wish) => post(`${at('runbooks', name)}/run`, wish),
    state: () => get('/api/v1/healing'),
    tellIncident: (id, verb, body = {}) => post(`${at('incidents', id)}/${verb}`, body),
    tellRun: (id, verb, body = {}) => post(`${at('runs', id)}/${verb}`, body),
    control: (verb, body = {}) => post(`/api/v1/healing/${verb}`, body),
  };
}
