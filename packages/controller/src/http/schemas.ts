/** The documents of the API as zod schemas, held to the wire types of the SDK by the compiler. */
import { z } from 'zod';
import { incidentSchemas } from './incident-schemas.ts';
import { runbookSchemas } from './runbook-schemas.ts';
import { rollingSchema, scheduleSchema } from './service-part-schemas.ts';
import type * as Documents from '@fettle/sdk/api/documents';
import type { ErrorReceiptDocument, ErrorsDocument } from '@fettle/sdk/api/errors';
import type * as Status from '@fettle/sdk/api/status';

/** Schemas by the name under which OpenAPI lists them. */
export const registry = z.registry<{ id: string }>();

/** By the same names, for tests that hold answers against them. */
export const schemaByName = new Map<string, z.ZodType>();

function named<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  schemaByName.set(id, schema);
  registry.add(schema, { id });
  return schema;
}

const time = z.string().meta({ format: 'date-time' });
const count = z.int().min(0);
const ratio = z.number().min(0);
const record = z.record(z.string(), z.unknown());
const text = z.string();

export const stateSchema = named(
  'State',
  z.enum([
    'starting',
    'ok',
    'degraded',
    'affected',
    'failing',
    'crash-loop',
    'healing',
    'stopped',
    'done',
    'unknown',
  ]) satisfies z.ZodType<Status.State>,
);

const check = named(
  'CheckStatus',
  z.object({
    name: text,
    kind: text,
    role: text,
    up: z.boolean().nullable(),
    flapping: z.boolean(),
    silenced: z.boolean(),
    required: z.boolean(),
    attested: z.boolean().nullable(),
    lastDetail: text.nullable(),
    lastDurationMs: ratio.nullable(),
    lastAt: time.nullable(),
  }) satisfies z.ZodType<Status.CheckStatus>,
);

const exit = named(
  'ExitStatus',
  z.object({
    code: z.int().nullable(),
    signal: text.nullable(),
    text,
    endedBy: text.nullable(),
    at: time,
  }) satisfies z.ZodType<Status.ExitStatus>,
);

const limit = named(
  'LimitStatus',
  z.object({
    limit: z.enum(['memory', 'cpus', 'processes', 'open-files']),
    value: ratio,
    by: z.enum(['cgroup v2', 'cgroup v1', 'rlimit', 'watched']),
    why: text.nullable(),
  }) satisfies z.ZodType<Status.LimitStatus>,
);

const instance = named(
  'InstanceStatus',
  z.object({
    name: text,
    replica: count,
    state: stateSchema,
    pid: count.nullable(),
    port: count.nullable(),
    ready: z.boolean(),
    restarts: count,
    since: time,
    startedAt: time.nullable(),
    startReason: text.nullable(),
    lastExit: exit.nullable(),
    nextStartAt: time.nullable(),
    waitingFor: z.array(z.object({ service: text, condition: text })),
    memoryBytes: ratio.nullable(),
    cpuRatio: ratio.nullable(),
    limits: z.array(limit).optional(),
    checks: z.array(check),
  }) satisfies z.ZodType<Status.InstanceStatus>,
);

const rolling = named('RollingStatus', rollingSchema);
const schedule = named('ScheduleStatus', scheduleSchema(exit));

const service = named(
  'ServiceStatus',
  z.object({
    name: text,
    state: stateSchema,
    pid: count.nullable(),
    port: count.nullable(),
    restarts: count,
    since: time,
    why: text.nullable(),
    required: z.boolean(),
    external: z.boolean(),
    dependsOn: z.array(text),
    dependants: z.array(text),
    memoryBytes: ratio.nullable(),
    cpuRatio: ratio.nullable(),
    lastChecks: z.array(z.enum(['ok', 'failed', 'skipped'])),
    configNewerThanProcess: z.boolean(),
    labels: z.record(z.string(), z.string()),
    rolling: rolling.nullable().optional(),
    schedule: schedule.nullable().optional(),
    instances: z.array(instance),
  }) satisfies z.ZodType<Status.ServiceStatus>,
);

named(
  'StatusDocument',
  z.object({
    schema: z.literal('fettle.status/v1'),
    stack: text,
    dir: text,
    summary: text,
    health: z.enum(['healthy', 'degraded', 'unhealthy', 'unknown']),
    services: z.array(service),
    configChanged: z.object({ file: text, at: time }).nullable(),
    daemon: z.object({
      supervisorPid: count.nullable(),
      controllerPid: count,
      supervisorConnected: z.boolean(),
      version: text,
      url: text,
    }),
    at: time,
  }) satisfies z.ZodType<Status.StatusDocument>,
);
named(
  'ServicesDocument',
  z.object({ schema: z.literal('fettle.services/v1'), services: z.array(service) }),
);
named(
  'ServiceDocument',
  z.object({
    schema: z.literal('fettle.service/v1'),
    service,
    definition: record,
  }) satisfies z.ZodType<Documents.ServiceDocument>,
);
named(
  'WhyDocument',
  z.object({
    schema: z.literal('fettle.why/v1'),
    service: text,
    state: text,
    why: text.nullable(),
    cause: text.nullable(),
    confidence: z.number().min(0).max(1).nullable(),
    evidence: z.array(z.object({ kind: text, text, at: time.nullable() })),
    next: z.array(text),
  }) satisfies z.ZodType<Documents.WhyDocument>,
);
const points = z.array(z.number().nullable());
named(
  'SeriesDocument',
  z.object({
    schema: z.literal('fettle.series/v1'),
    service: text,
    stepMs: count,
    startMs: z.number(),
    cpuRatio: points,
    memoryBytes: points,
    openFiles: points,
    threads: points,
    marks: z.array(z.object({ atMs: z.number(), kind: text, text })),
  }) satisfies z.ZodType<Documents.SeriesDocument>,
);
named(
  'PortsDocument',
  z.object({
    schema: z.literal('fettle.ports/v1'),
    ports: z.array(
      z.object({
        port: count,
        host: text,
        instance: text.nullable(),
        service: text.nullable(),
        pid: count.nullable(),
        command: text.nullable(),
        state: z.enum(['ours', 'orphan', 'foreign', 'reserved', 'free']),
        asked: text.nullable(),
        reachable: text.nullable(),
        attested: z.boolean().nullable(),
        note: text.nullable(),
      }),
    ),
  }) satisfies z.ZodType<Documents.PortsDocument>,
);
named(
  'LinksDocument',
  z.object({
    schema: z.literal('fettle.links/v1'),
    connected: count,
    total: count,
    links: z.array(
      z.object({
        from: text,
        to: text,
        tried: text,
        ok: z.boolean(),
        required: z.boolean(),
        detail: text,
        durationMs: ratio,
      }),
    ),
  }) satisfies z.ZodType<Documents.LinksDocument>,
);
named(
  'WatchesDocument',
  z.object({
    schema: z.literal('fettle.watches/v1'),
    rules: z.array(
      z.object({
        service: text,
        paths: z.array(text),
        ignore: z.array(text),
        action: z.enum(['restart', 'reload', 'none']),
        debounceMs: count,
        files: count,
        folders: count,
        looking: z.boolean(),
        cut: z.boolean(),
        muted: z.array(text),
        last: z.object({ at: time, files: z.array(text), count, done: text }).nullable(),
      }),
    ),
  }) satisfies z.ZodType<Documents.WatchesDocument>,
);
const line = named(
  'LogLine',
  z.object({
    service: text,
    instance: text,
    run: text,
    kind: z.enum(['line', 'boundary']),
    at: time,
    level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).nullable(),
    text,
    fields: record.nullable(),
    offset: count,
  }) satisfies z.ZodType<Documents.LogLine>,
);
named(
  'LogsDocument',
  z.object({
    schema: z.literal('fettle.logs/v1'),
    lines: z.array(line),
  }) satisfies z.ZodType<Documents.LogsDocument>,
);
const event = named(
  'StackEvent',
  z.object({
    seq: count,
    at: time,
    kind: text,
    service: text.nullable(),
    instance: text.nullable(),
    severity: z.enum(['info', 'warn', 'error']),
    text,
    data: record,
  }) satisfies z.ZodType<Documents.StackEvent>,
);
named(
  'EventsDocument',
  z.object({
    schema: z.literal('fettle.events/v1'),
    events: z.array(event),
    next: count.nullable(),
  }) satisfies z.ZodType<Documents.EventsDocument>,
);
named(
  'TimelineDocument',
  z.object({
    schema: z.literal('fettle.timeline/v1'),
    service: text.nullable(),
    events: z.array(event),
  }) satisfies z.ZodType<Documents.TimelineDocument>,
);
named(
  'CommandDocument',
  z.object({
    schema: z.literal('fettle.command/v1'),
    command: text,
    services: z.array(text),
    accepted: z.literal(true),
  }) satisfies z.ZodType<Documents.CommandDocument>,
);
named(
  'HealthDocument',
  z.object({
    status: z.enum(['pass', 'warn', 'fail']),
    checks: z.record(
      z.string(),
      z.array(z.object({ status: text, output: text.optional(), time })),
    ),
  }),
);
named(
  'PingDocument',
  z.object({
    schema: z.literal('fettle.ping/v1'),
    id: text,
    kind: text,
    accepted: z.literal(true),
  }),
);
named(
  'TokenDocument',
  z.object({
    schema: z.literal('fettle.token/v1'),
    id: text,
    role: z.enum(['viewer', 'operator', 'admin']),
    once: z.boolean(),
    expiresAt: time.nullable(),
    token: text.nullable(),
  }),
);
named(
  'Problem',
  z.object({
    schema: z.literal('fettle.problem/v1').optional(),
    type: text,
    title: text,
    status: z.int(),
    detail: text,
    instance: text.optional(),
    code: text,
    hint: text,
    docs: text.optional(),
  }),
);
named(
  'ErrorReceiptDocument',
  z.object({
    schema: z.literal('fettle.error-receipt/v1'),
    accepted: count,
  }) satisfies z.ZodType<ErrorReceiptDocument>,
);
named(
  'ErrorsDocument',
  z.object({
    schema: z.literal('fettle.errors/v1'),
    groups: z.array(
      z.object({
        fingerprint: text,
        service: text.nullable(),
        message: text,
        stack: text.nullable(),
        release: text.nullable(),
        count,
        firstAt: time,
        lastAt: time,
      }),
    ),
  }) satisfies z.ZodType<ErrorsDocument>,
);
for (const [id, schema] of Object.entries({ ...incidentSchemas, ...runbookSchemas }))
  named(id, schema);
