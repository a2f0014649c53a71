/** The other documents of the HTTP API and of `--json`, each named by its `schema`. */
import type { ServiceStatus } from './status.ts';

/** RFC 9457 with our `code`, `hint`, `docs`; media type `application/problem+json`. */
export type Problem = Readonly<{
  schema?: 'fettle.problem/v1';
  type: string;
  title: string;
  status: number;
  detail: string;
  instance?: string;
  code: string;
  hint: string;
  docs?: string;
}>;

/** `GET /api/v1/services/:name/why`, `fettle why --json`. */
export type WhyDocument = Readonly<{
  schema: 'fettle.why/v1';
  service: string;
  state: string;
  why: string | null;
  /** Stable id of the rule that decided, e.g. `refused-dependency`; null when all is well. */
  cause: string | null;
  /** 0-1. */
  confidence: number | null;
  evidence: readonly Evidence[];
  /** Commands worth typing next. */
  next: readonly string[];
}>;
export type Evidence = Readonly<{
  /** `exit`, `log`, `port`, `probe`, `dependency`, `config`, `history`. */
  kind: string;
  text: string;
  at: string | null;
}>;

/** `GET /api/v1/services/:name`. */
export type ServiceDocument = Readonly<{
  schema: 'fettle.service/v1';
  service: ServiceStatus;
  /** Command and definition with secret-looking values redacted. */
  definition: Readonly<Record<string, unknown>>;
}>;

/** `GET /api/v1/services/:name/series?since=1h`: fixed-step figures, null where none was taken. */
export type SeriesDocument = Readonly<{
  schema: 'fettle.series/v1';
  service: string;
  stepMs: number;
  /** Epoch ms of the first point. */
  startMs: number;
  cpuRatio: readonly (number | null)[];
  memoryBytes: readonly (number | null)[];
  openFiles: readonly (number | null)[];
  threads: readonly (number | null)[];
  /** Moments worth a vertical mark. */
  marks: readonly Readonly<{ atMs: number; kind: string; text: string }>[];
}>;

/** `GET /api/v1/ports`, `fettle ports --json`. */
export type PortsDocument = Readonly<{ schema: 'fettle.ports/v1'; ports: readonly PortRow[] }>;
export type PortRow = Readonly<{
  port: number;
  host: string;
  /** Service instance, or null for a foreign one. */
  instance: string | null;
  service: string | null;
  pid: number | null;
  command: string | null;
  state: 'ours' | 'orphan' | 'foreign' | 'reserved' | 'free';
  /** As in the config: `8000-8009`; null: not asked for. */
  asked: string | null;
  /** Address it listens on: `127.0.0.1`, `0.0.0.0`. */
  reachable: string | null;
  attested: boolean | null;
  note: string | null;
}>;

/** `GET /api/v1/watches`, `fettle watch --json`. */
export type WatchesDocument = Readonly<{
  schema: 'fettle.watches/v1';
  rules: readonly WatchedRule[];
}>;
export type WatchedRule = Readonly<{
  service: string;
  /** Absolute. */
  paths: readonly string[];
  ignore: readonly string[];
  action: 'restart' | 'reload' | 'none';
  debounceMs: number;
  /** Seen and counted now. */
  files: number;
  folders: number;
  /** Some of it is looked at every two seconds, because the kernel gave no watch. */
  looking: boolean;
  /** There are more than can be watched. */
  cut: boolean;
  /** Files that do not count any more, because they changed in a circle or all the time. */
  muted: readonly string[];
  /** null: nothing has changed since it is watched. `files`: the first of `count`. */
  last: Readonly<{ at: string; files: readonly string[]; count: number; done: string }> | null;
}>;

/** `GET /api/v1/links` (tries each now), `fettle links --json`. */
export type LinksDocument = Readonly<{
  schema: 'fettle.links/v1';
  connected: number;
  total: number;
  links: readonly Link[];
}>;
export type Link = Readonly<{
  from: string;
  to: string;
  /** What was tried: `tcp 127.0.0.1:5432`, `http http://…/healthz`, `completed`. */
  tried: string;
  ok: boolean;
  required: boolean;
  detail: string;
  durationMs: number;
}>;

/** `GET /api/v1/logs`; with `follow` as SSE or NDJSON, a line each. */
export type LogsDocument = Readonly<{ schema: 'fettle.logs/v1'; lines: readonly LogLine[] }>;
export type LogLine = Readonly<{
  service: string;
  instance: string;
  /** Run token; changes at a restart. */
  run: string;
  /** `boundary`: ours, tells a start or an end in words. */
  kind: 'line' | 'boundary';
  /** When it was seen or, for JSON lines with a time, when it says; RFC 3339. */
  at: string;
  level: LogLevel | null;
  /** Redacted. For JSON lines the message. */
  text: string;
  /** Other fields of a JSON line. */
  fields: Readonly<Record<string, unknown>> | null;
  /** Byte offset in the run's spool: with `run`, a stable address. */
  offset: number;
}>;
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** `GET /api/v1/events`, and each SSE message of `/api/v1/stream` (its `id:` is `seq`). */
export type EventsDocument = Readonly<{
  schema: 'fettle.events/v1';
  events: readonly StackEvent[];
  /** Pass as `after` for the next page; null at the end. */
  next: number | null;
}>;
export type StackEvent = Readonly<{
  seq: number;
  at: string;
  /** `service.started service.ended service.state port.moved stack.changed command.taken check.changed healing.… daemon.…`. */
  kind: string;
  service: string | null;
  instance: string | null;
  severity: 'info' | 'warn' | 'error';
  /** One sentence. */
  text: string;
  data: Readonly<Record<string, unknown>>;
}>;

/** `GET /api/v1/services/:name/timeline`, `fettle timeline --json`. */
export type TimelineDocument = Readonly<{
  schema: 'fettle.timeline/v1';
  service: string | null;
  events: readonly StackEvent[];
}>;

/** Answer to a command (`POST /api/v1/services/:name/{start|stop|restart|reset}`, …/scale). */
export type CommandDocument = Readonly<{
  schema: 'fettle.command/v1';
  command: string;
  services: readonly string[];
  accepted: true;
}>;

/** `GET /healthz`: `application/health+json`. */
export type HealthDocument = Readonly<{
  status: 'pass' | 'warn' | 'fail';
  checks: Readonly<
    Record<string, readonly Readonly<{ status: string; output?: string; time: string }>[]>
  >;
}>;
