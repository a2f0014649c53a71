/** The part of the client that speaks of healing: incidents, runs, approvals, pauses. */
import type {
  HealingCommandDocument,
  HealingDocument,
  IncidentDocument,
  IncidentsDocument,
  RunsDocument,
} from './api/incidents.ts';

export type HealingClient = Readonly<{
  /** `since`: RFC 3339 or a duration back from now; 7 days unless told. */
  incidents(request?: Readonly<{ since?: string; open?: boolean }>): Promise<IncidentsDocument>;
  incident(id: string): Promise<IncidentDocument>;
  /** As a page in Markdown. */
  writeUp(id: string): Promise<string>;
  runs(request?: Readonly<{ active?: boolean }>): Promise<RunsDocument>;
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
    runs: (request = {}) => get(`/api/v1/runs${queryOf(request)}`),
    state: () => get('/api/v1/healing'),
    tellIncident: (id, verb, body = {}) => post(`${at('incidents', id)}/${verb}`, body),
    tellRun: (id, verb, body = {}) => post(`${at('runs', id)}/${verb}`, body),
    control: (verb, body = {}) => post(`/api/v1/healing/${verb}`, body),
  };
}
