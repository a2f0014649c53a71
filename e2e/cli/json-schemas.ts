/** Schemas of the documents that only the CLI makes; those of the API come from the controller. */
import { z } from 'zod';

const text = z.string();
const state = z.enum([
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
]);
const count = z.int().min(0);
const named = <Shape extends z.core.$ZodLooseShape>(word: string, shape: Shape) =>
  z.strictObject({ schema: z.literal(`fettle.${word}/v1`), ...shape });

const storeReport = {
  ok: z.boolean(),
  version: count,
  wanted: count,
  sizeBytes: count,
  integrity: z.array(text),
  chain: z.strictObject({ ok: z.boolean(), rows: count, brokenAtSeq: count.nullable() }),
};

export const cliSchemas: Readonly<Record<string, z.ZodType>> = {
  problem: named('problem', {
    type: text,
    title: text,
    status: z.int().min(400).max(599),
    detail: text.min(1),
    instance: text,
    code: z.string().regex(/^E-[A-Z0-9-]+$/),
    hint: text,
    docs: text,
  }),
  wait: named('wait', {
    asked: state,
    reached: z.boolean(),
    services: z.array(z.strictObject({ name: text, state, why: text.nullable() })),
  }),
  'port-owner': named('port-owner', {
    port: count,
    free: z.boolean(),
    service: text.nullable(),
    pid: count.nullable(),
    command: text.nullable(),
    next: z.array(text),
  }),
  open: named('open', { url: z.url(), opened: z.boolean() }),
  explain: named('explain', { code: text, meaning: text.min(1), action: text.min(1) }),
  'config-problems': named('config-problems', {
    ok: z.boolean(),
    problems: z.array(z.unknown()),
    warnings: z.array(z.unknown()),
  }),
  config: named('config', {
    config: z.looseObject({ name: text, services: z.record(z.string(), z.unknown()) }),
  }),
  'config-diff': named('config-diff', {
    changes: z.array(
      z.strictObject({
        service: text,
        change: z.enum(['added', 'removed', 'restarted', 'updated']),
        why: z.array(text),
      }),
    ),
  }),
  graph: named('graph', {
    stack: text,
    nodes: z.array(
      z.strictObject({
        name: text,
        kind: z.enum(['process', 'job', 'external']),
        required: z.boolean(),
        state: state.nullable(),
        port: count.nullable(),
      }),
    ),
    edges: z.array(
      z.strictObject({
        from: text,
        to: text,
        condition: text,
        required: z.boolean(),
        restart: z.boolean(),
      }),
    ),
  }),
  init: named('init', {
    dryRun: z.boolean(),
    files: z.array(
      z.strictObject({
        file: text,
        change: z.enum(['created', 'updated', 'unchanged', 'not written']),
      }),
    ),
    valid: z.boolean().nullable().optional(),
    import: z
      .strictObject({
        from: text,
        format: text,
        services: z.array(text),
        notes: z.array(
          z.strictObject({
            kind: z.enum(['kept', 'changed']),
            service: text.nullable(),
            directive: text,
            text,
            place: z.strictObject({ file: text, line: count, column: count }).nullable(),
          }),
        ),
      })
      .optional(),
  }),
  export: named('export', {
    format: text,
    folder: text.nullable(),
    files: z.array(z.strictObject({ name: text, text })),
    lost: z.array(z.strictObject({ service: text.nullable(), key: text })),
  }),
  try: named('try', {
    services: z.array(
      z.strictObject({
        name: text,
        manager: text,
        state: z.enum(['ok', 'starting', 'degraded', 'failing']),
        why: text.nullable(),
        pids: z.array(count),
        command: text,
        cwd: text.nullable(),
        ports: z.array(
          z.strictObject({
            port: count,
            address: text,
            result: z.enum(['answers', 'silent', 'refused', 'not asked']),
            path: text.nullable(),
            status: count.nullable(),
            tookMs: count.nullable(),
          }),
        ),
        links: z.array(
          z.strictObject({
            to: text,
            port: count,
            state: z.enum(['connected', 'connecting', 'nobody listens']),
            variable: text.nullable(),
          }),
        ),
        cpu: z.number().min(0).nullable(),
        rssBytes: count,
        ageMs: count.nullable(),
        suggestions: z.array(text),
      }),
    ),
    gone: z.array(text),
  }),
  install: named('install', {
    manager: z.enum(['systemd', 'launchd']),
    scope: z.enum(['user', 'system']),
    unit: text,
    file: text,
    dryRun: z.boolean(),
    started: z.boolean(),
    text,
  }),
  versions: named('versions', {
    home: text,
    versions: z.array(
      z.strictObject({
        id: text,
        version: text,
        from: text,
        at: text,
        is: z.enum(['current', 'previous']).nullable(),
      }),
    ),
  }),
  version: named('version', { cli: text, node: text, daemon: text.nullable() }),
  stacks: named('stacks', {
    stacks: z.array(
      z.strictObject({
        stack: text,
        dir: text,
        health: text,
        summary: text,
        services: count,
        url: text,
        supervisorPid: count.nullable(),
      }),
    ),
    others: count,
  }),
  'store-report': named('store-report', storeReport),
  'store-migration': named('store-migration', {
    from: count,
    dryRun: z.boolean(),
    steps: z.array(z.strictObject({ id: count, title: text })),
    backupPath: text.nullable(),
    verified: z.strictObject(storeReport).nullable(),
  }),
  'store-backup': named('store-backup', { file: text }),
  up: named('up', {
    stack: text,
    outcome: z.enum(['ready', 'settled', 'progressing']),
    startedDaemon: z.boolean(),
    url: z.url(),
    seconds: z.number().min(0),
    changes: z.array(z.strictObject({ service: text, change: text, why: text })),
    services: z.array(
      z.strictObject({
        name: text,
        state,
        pid: count.nullable(),
        port: count.nullable(),
        why: text.nullable(),
      }),
    ),
  }),
};
