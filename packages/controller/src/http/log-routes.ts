/**
 * `GET /api/v1/logs`: lines of the spools, merged; with `follow` as a live stream.
 *
 * Written line by line as the reader takes them, so that a long log costs no memory: one JSON
 * document by default, NDJSON or server-sent events by the Accept header.
 */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { LogLine } from '@fettle/sdk/api/documents';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { LogQuery } from '../parts.ts';
import type { ApiParts } from './api-parts.ts';
import { serviceOf, sinceField, timeOf } from './inputs.ts';
import type { Routes } from './route.ts';
import { heartbeatMs, type StreamSlots } from './stream-slots.ts';

const query = z.object({
  service: z
    .union([z.string().max(128), z.array(z.string().max(128)).max(200)])
    .optional()
    .meta({ description: 'Repeat for more; absent: all' }),
  since: sinceField,
  until: sinceField,
  tail: z.int().min(0).max(1_000_000).optional(),
  grep: z.string().max(1_000).optional().meta({ description: 'Substring, or /regex/flags' }),
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).optional(),
  follow: z.enum(['1', 'true', '0', 'false']).optional(),
});
type Query = z.infer<typeof query>;
type Form = 'json' | 'ndjson' | 'sse';

/** Without a bound asked for, so many lines a service. */
const defaultTail = 1_000;

export function addLogRoutes(routes: Routes, parts: ApiParts, slots: StreamSlots): void {
  routes.add({
    method: 'GET',
    path: '/api/v1/logs',
    id: 'queryLogs',
    tag: 'logs',
    summary: 'Log lines, redacted, stitched over restarts; with follow=1 live',
    role: 'viewer',
    query,
    answer: {
      description: 'Lines, oldest first',
      schema: 'LogsDocument',
      media: ['application/json', 'application/x-ndjson', 'text/event-stream'],
    },
    problems: [404, 503],
    handle: (request, reply) => answer(parts, slots, request, reply),
  });
}

function answer(
  parts: ApiParts,
  slots: StreamSlots,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const asked = request.query as Query;
  const wanted = logQuery(parts, asked);
  const follow = asked.follow === '1' || asked.follow === 'true';
  const form = formOf(request, follow);
  const type =
    form === 'sse'
      ? 'text/event-stream'
      : form === 'ndjson'
        ? 'application/x-ndjson'
        : 'application/json; charset=utf-8';
  const abort = new AbortController();
  const release = follow ? slots.take() : null;
  request.raw.once('close', () => abort.abort());
  reply.raw.once('close', () => {
    abort.abort();
    release?.();
  });
  const lines = follow
    ? withHeartbeat(parts.logs.follow(wanted, abort.signal), form, abort.signal)
    : parts.logs.query(wanted);
  const stream = Readable.from(texts(lines, form), { objectMode: false, highWaterMark: 65_536 });
  void reply.header('cache-control', 'no-store').header('x-accel-buffering', 'no');
  return reply.type(type).send(stream);
}

function logQuery(parts: ApiParts, asked: Query): LogQuery {
  const { service, since, until, grep } = asked;
  const services = service === undefined ? [] : typeof service === 'string' ? [service] : service;
  for (const name of services) serviceOf(parts, name);
  const nowMs = parts.nowMs();
  const sinceMs = timeOf(since, 'since', nowMs);
  if (grep !== undefined) checkPattern(grep);
  return {
    services,
    sinceMs,
    untilMs: timeOf(until, 'until', nowMs),
    tail: asked.tail ?? (sinceMs === null ? defaultTail : null),
    grep: grep ?? null,
    level: asked.level ?? null,
  };
}

/** @throws FettleError E-API-INPUT */
function checkPattern(grep: string): void {
  const [, source, flags] = /^\/(.+)\/([a-z]*)$/.exec(grep) ?? [];
  if (source === undefined) return;
  try {
    RegExp(source, flags);
  } catch (cause) {
    throw new FettleError('E-API-INPUT', `grep: ${(cause as Error).message}`, {
      hint: 'a pattern between slashes is a regular expression; without them it is plain text',
      cause,
    });
  }
}

function formOf({ headers }: FastifyRequest, follow: boolean): Form {
  const accept = headers.accept ?? '';
  if (accept.includes('text/event-stream')) return 'sse';
  if (accept.includes('ndjson')) return 'ndjson';
  return follow ? 'ndjson' : 'json';
}

async function* texts(lines: AsyncIterable<LogLine | null>, form: Form): AsyncGenerator<string> {
  if (form === 'json') yield '{"schema":"fettle.logs/v1","lines":[';
  let first = true;
  for await (const line of lines) {
    if (line === null) {
      yield form === 'sse' ? ': beat\n\n' : '\n';
      continue;
    }
    const json = JSON.stringify(line);
    if (form === 'sse') yield `id: ${line.run}/${line.offset}\ndata: ${json}\n\n`;
    else if (form === 'ndjson') yield `${json}\n`;
    else yield first ? json : `,${json}`;
    first = false;
  }
  if (form === 'json') yield ']}';
}

/** null: a heartbeat, so that a quiet stream can be told from a dead one. */
async function* withHeartbeat(
  lines: AsyncIterable<LogLine>,
  form: Form,
  abort: AbortSignal,
): AsyncGenerator<LogLine | null> {
  const iterator = lines[Symbol.asyncIterator]();
  if (form === 'sse') yield null;
  let next = iterator.next();
  try {
    while (!abort.aborted) {
      const beat = Promise.withResolvers<null>();
      const timer = setTimeout(() => beat.resolve(null), heartbeatMs);
      const step = await Promise.race([next, beat.promise]);
      clearTimeout(timer);
      if (step === null) {
        yield null;
        continue;
      }
      if (step.done === true) return;
      yield step.value;
      next = iterator.next();
    }
  } finally {
    // Not awaited: a generator that waits for a line would keep us until one comes.
    void iterator.return?.()?.catch(() => undefined);
  }
}
