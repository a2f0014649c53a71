/**
 * The typed client of the controller's HTTP API, for the CLI, the dashboard and anybody's scripts.
 *
 * Every call has a deadline; a problem document comes back as the `FettleError` it was made from.
 * Streams are in `live-stream.ts`.
 */
import type {
  CommandDocument,
  EventsDocument,
  HealthDocument,
  LinksDocument,
  WatchesDocument,
  LogLine,
  LogsDocument,
  LogLevel,
  PortsDocument,
  SeriesDocument,
  ServiceDocument,
  StackEvent,
  TimelineDocument,
  WhyDocument,
} from './api/documents.ts';
import type { StatusDocument } from './api/status.ts';
import { FettleError } from './fettle-error.ts';
import { healingClient, type HealingClient } from './healing-client.ts';
import { liveEvents, type LiveOptions } from './live-stream.ts';
import { logBatches } from './log-stream.ts';
import { errorOfAnswer } from './problem-error.ts';
import type { HttpAnswer, Transport } from './transport.ts';

export type ClientOptions = Readonly<{
  /** For one request and its answer; 5,000 unless told. */
  timeoutMs?: number;
  /** Who acts, for the journal: `cli`, `dashboard`. */
  actor?: string;
}>;

/** Absent fields: unbounded. Times are RFC 3339 or a duration back from now (`1h`). */
export type LogsRequest = Readonly<{
  services: readonly string[];
  since?: string;
  until?: string;
  /** Last n lines per service; absent: 1,000 where `since` does not bound it. */
  tail?: number | 'all';
  grep?: string;
  level?: LogLevel;
}>;

export type EventsRequest = Readonly<{
  after?: number;
  service?: string;
  since?: string;
  limit?: number;
}>;

export type ServiceVerb = 'start' | 'stop' | 'restart' | 'reset';

export type FettleClient = Readonly<{
  target: string;
  status(): Promise<StatusDocument>;
  service(name: string): Promise<ServiceDocument>;
  why(name: string): Promise<WhyDocument>;
  series(name: string, since: string): Promise<SeriesDocument>;
  /** null: of the whole stack. */
  timeline(name: string | null, since?: string): Promise<TimelineDocument>;
  events(request?: EventsRequest): Promise<EventsDocument>;
  ports(): Promise<PortsDocument>;
  /** Tries every declared edge now, so it may take seconds: 30 s deadline. */
  links(): Promise<LinksDocument>;
  /** Files whose change restarts a service. */
  watches(): Promise<WatchesDocument>;
  /** For few lines: the whole answer is held, and has 30 s. */
  logs(request: LogsRequest): Promise<LogsDocument>;
  /** What `request` selects, however much, as it is read; goes on after a lost connection. */
  readLogs(request: LogsRequest, live: LiveOptions): AsyncIterable<readonly LogLine[]>;
  /** The same, then new lines until aborted. */
  followBatches(request: LogsRequest, live: LiveOptions): AsyncIterable<readonly LogLine[]>;
  /** First what `request` selects, then new lines until aborted; resumes after a lost connection. */
  followLogs(request: LogsRequest, live: LiveOptions): AsyncIterable<LogLine>;
  /** Events after `after` (null: from now), then new ones until aborted; resumes likewise. */
  stream(after: number | null, live: LiveOptions): AsyncIterable<StackEvent>;
  /** `key`: idempotency key; a repeat with the same key acts once. */
  command(name: string, verb: ServiceVerb, key?: string): Promise<CommandDocument>;
  /** Replicas one after another, each awaited until it is ready. */
  rollingRestart(name: string, key?: string): Promise<CommandDocument>;
  scale(name: string, replicas: number, key?: string): Promise<CommandDocument>;
  health(): Promise<HealthDocument>;
  healing: HealingClient;
}>;

export function createClient(transport: Transport, options: ClientOptions = {}): FettleClient {
  const timeoutMs = options.timeoutMs ?? 5_000;
  const actor = options.actor ?? 'api';
  const get = <Document>(path: string, waitMs = timeoutMs): Promise<Document> =>
    call(transport, { method: 'GET', path, body: null, timeoutMs: waitMs, actor });
  const text = async (path: string): Promise<string> => {
    const ask = { method: 'GET', path, body: null, timeoutMs, actor } as const;
    return (await send(transport, ask)).text;
  };
  const post = <Document = CommandDocument>(
    path: string,
    body: unknown,
    key?: string,
  ): Promise<Document> =>
    call(transport, {
      method: 'POST',
      path,
      body: JSON.stringify(body),
      timeoutMs,
      actor,
      key: key ?? crypto.randomUUID(),
    });
  return {
    get target() {
      return transport.target;
    },
    status: () => get('/api/v1/status'),
    service: (name) => get(servicePath(name)),
    why: (name) => get(`${servicePath(name)}/why`),
    series: (name, since) => get(`${servicePath(name)}/series${queryOf({ since })}`),
    timeline: (name, since) =>
      get(`${name === null ? '/api/v1' : servicePath(name)}/timeline${queryOf({ since })}`),
    events: (request = {}) => get(`/api/v1/events${queryOf(request)}`),
    ports: () => get('/api/v1/ports'),
    watches: () => get('/api/v1/watches'),
    links: () => get('/api/v1/links', Math.max(timeoutMs, 30_000)),
    logs: (request) => get(logsPath(request, false), Math.max(timeoutMs, 30_000)),
    readLogs: (request, live) =>
      logBatches(transport, (after) => logsPath({ ...request, ...after }, false), [live, false]),
    followBatches: (request, live) =>
      logBatches(transport, (after) => logsPath({ ...request, ...after }, true), [live, true]),
    async *followLogs(request, live) {
      const pathFor = (after: object): string => logsPath({ ...request, ...after }, true);
      for await (const batch of logBatches(transport, pathFor, [live, true])) yield* batch;
    },
    stream: (after, live) => liveEvents(transport, after, live),
    command: (name, verb, key) => post(`${servicePath(name)}/${verb}`, {}, key),
    rollingRestart: (name, key) => post(`${servicePath(name)}/restart`, { rolling: true }, key),
    scale: (name, replicas, key) => post(`${servicePath(name)}/scale`, { replicas }, key),
    health: () => get('/healthz'),
    healing: healingClient({ get, text, post, queryOf }),
  };
}

function servicePath(name: string): string {
  return `/api/v1/services/${encodeURIComponent(name)}`;
}

/** `?a=1&b=2`, or '' when nothing is set; a list repeats its key. */
export function queryOf(
  fields: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (typeof value === 'object') for (const one of value) query.append(name, one);
    else query.append(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

function logsPath(request: LogsRequest, follow: boolean): string {
  const { services, ...rest } = request;
  const only = follow ? { follow: true } : {};
  return `/api/v1/logs${queryOf({ service: services, ...rest, ...only })}`;
}

type Ask = Readonly<{
  method: 'GET' | 'POST';
  path: string;
  body: string | null;
  timeoutMs: number;
  actor: string;
  key?: string;
}>;

async function send(transport: Transport, ask: Ask): Promise<HttpAnswer> {
  const answer = await transport.send({
    method: ask.method,
    path: ask.path,
    headers: {
      accept: 'application/json, application/problem+json',
      'x-fettle-actor': ask.actor,
      ...(ask.body === null ? {} : { 'content-type': 'application/json' }),
      ...(ask.key === undefined ? {} : { 'idempotency-key': ask.key }),
    },
    body: ask.body,
    timeoutMs: ask.timeoutMs,
    abort: null,
  });
  // `/healthz` answers 503 with a document of its own: that is data, not trouble.
  if (answer.status >= 400 && !answer.contentType.startsWith('application/health+json'))
    throw errorOfAnswer(answer, transport.target);
  return answer;
}

async function call<Document>(transport: Transport, ask: Ask): Promise<Document> {
  const answer = await send(transport, ask);
  try {
    return JSON.parse(answer.text) as Document;
  } catch (cause) {
    throw new FettleError('E-API-ANSWER', `${transport.target}${ask.path} answered no JSON`, {
      hint: 'fettle version      shows whether the CLI and the daemon are of one version',
      cause,
      status: 502,
    });
  }
}
