/**
 * `GET /api/v1/logs`: lines of the spools, merged; with `follow` as a live stream.
 *
 * Written as the reader takes them, so that a long log costs no memory: one JSON document by
 * default, NDJSON or server-sent events by the Accept header. The texts are in `log-texts.ts`.
 */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { LogCursor, LogQuery } from '../parts.ts';
import type { ApiParts } from './api-parts.ts';
import { serviceOf, sinceField, timeOf } from './inputs.ts';
import { logTexts, type LogForm } from './log-texts.ts';
import type { Routes } from './route.ts';
import { heartbeatMs, streamMs, type StreamSlots } from './stream-slots.ts';

const query = z.object({
  service: z
    .union([z.string().max(128), z.array(z.string().max(128)).max(200)])
    .optional()
    .meta({ description: 'Repeat for more; absent: all' }),
  since: sinceField,
  until: sinceField,
  tail: z
    .union([z.int().min(0).max(100_000_000), z.literal('all')])
    .optional()
    .meta({ description: 'Last lines per service; 1,000 unless told or bounded by since' }),
  grep: z.string().max(1_000).optional().meta({ description: 'Substring, or /regex/flags' }),
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).optional(),
  after: z
    .union([z.string().max(128), z.array(z.string().max(128)).max(2_000)])
    .optional()
    .meta({
      description:
        'run/offset of the last line had of an instance (run/offset/boundary for a boundary): ' +
        'of that instance all that came after it. Repeat for more; SSE: as Last-Event-ID',
    }),
  follow: z.enum(['1', 'true', '0', 'false']).optional(),
});
type Query = z.infer<typeof query>;

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
    timeoutMs: streamMs,
    handle: (request, reply) => answer(parts, slots, request, reply),
  });
}

async function answer(
  parts: ApiParts,
  slots: StreamSlots,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const asked = request.query as Query;
  const wanted = logQuery(parts, asked, request.headers['last-event-id']);
  const follow = asked.follow === '1' || asked.follow === 'true';
  const form = formOf(request, follow);
  const abort = new AbortController();
  const release = slots.take();
  request.raw.once('close', () => abort.abort());
  reply.raw.once('close', () => {
    abort.abort();
    release();
  });
  const batches = follow
    ? parts.logs.followBatches(wanted, abort.signal)
    : parts.logs.queryBatches(wanted);
  const texts = logTexts(batches, { form, abort: abort.signal, beatMs: heartbeatMs });
  void reply.header('cache-control', 'no-store').header('x-accel-buffering', 'no');
  return reply.type(mediaTypes[form]).send(Readable.from(texts, { objectMode: false }));
}

const mediaTypes: Readonly<Record<LogForm, string>> = {
  sse: 'text/event-stream',
  ndjson: 'application/x-ndjson',
  json: 'application/json; charset=utf-8',
};

function logQuery(parts: ApiParts, asked: Query, lastEventId: unknown): LogQuery {
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
    tail: asked.tail === 'all' ? null : (asked.tail ?? (sinceMs === null ? defaultTail : null)),
    grep: grep ?? null,
    level: asked.level ?? null,
    after: cursorsOf([asked.after ?? [], lastEventId ?? []].flat()),
  };
}

/** @throws FettleError E-API-INPUT */
function cursorsOf(words: readonly unknown[]): ReadonlyMap<string, LogCursor> {
  const cursors = new Map<string, LogCursor>();
  for (const word of words.flatMap((each) => String(each).split(','))) {
    const [, run, offset, boundary] = /^([\w-]+)\/(\d{1,15})(\/boundary)?$/.exec(word) ?? [];
    if (run === undefined)
      throw new FettleError('E-API-INPUT', `after: ${word.slice(0, 80)} is no place in a log`, {
        hint: 'write run/offset as in a line that you were given',
      });
    cursors.set(run, { offset: Number(offset), isBoundary: boundary !== undefined });
  }
  return cursors;
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

function formOf({ headers }: FastifyRequest, follow: boolean): LogForm {
  const accept = headers.accept ?? '';
  if (accept.includes('text/event-stream')) return 'sse';
  if (accept.includes('ndjson')) return 'ndjson';
  return follow ? 'ndjson' : 'json';
}
