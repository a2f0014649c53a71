/**
 * `GET /api/v1/stream`: the journal live, as server-sent events that resume by Last-Event-ID.
 *
 * A reader that is too slow for its buffer is not allowed to hold us: what does not fit is counted
 * and told in a `dropped` message, whose `after` it may use with `/api/v1/events`. Source: WHATWG
 * HTML, "Server-sent events".
 */
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { StackEvent } from '@fettle/sdk/api/documents';
import type { ApiParts } from './api-parts.ts';
import type { Routes } from './route.ts';
import { heartbeatMs, streamMs, type StreamSlots } from './stream-slots.ts';

const query = z.object({
  topics: z.string().max(500).optional().meta({
    description: 'Comma list of first words of kinds (service, port, check, …) and `status`',
  }),
  after: z.int().min(0).optional().meta({ description: 'As Last-Event-ID' }),
});

/** Unsent bytes a client; past it events are dropped until it has caught up. */
const maxBufferedBytes = 1_048_576;
const maxReplayed = 5_000;
const pageSize = 500;

type Client = {
  response: ServerResponse;
  topics: ReadonlySet<string> | null;
  lastSeq: number;
  dropped: number;
};

export type StreamHub = Readonly<{ close(): void }>;

export function addStreamRoutes(routes: Routes, parts: ApiParts, slots: StreamSlots): StreamHub {
  const clients = new Set<Client>();
  let beat: NodeJS.Timeout | null = null;
  const startBeat = (): void => {
    beat ??= setInterval(() => {
      const time = new Date(parts.nowMs()).toISOString();
      // A comment keeps the line open; the named event is what a page can see.
      const text = `: beat\nevent: beat\ndata: ${JSON.stringify(time)}\n\n`;
      for (const client of clients) if (hasRoom(client)) client.response.write(text);
    }, heartbeatMs).unref();
  };
  const stopBeat = (): void => {
    if (beat !== null) clearInterval(beat);
    beat = null;
  };
  const offEvent = parts.journal.onEvent((event) => {
    for (const client of clients) sendEvent(client, event);
  });
  const offStatus = parts.status.onChange((document) => {
    let text: string | null = null;
    for (const client of clients) {
      if (client.topics?.has('status') !== true || !hasRoom(client)) continue;
      text ??= `event: status\ndata: ${JSON.stringify(document)}\n\n`;
      client.response.write(text);
    }
  });
  const open = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const release = slots.take();
    const client: Client = {
      response: reply.raw,
      topics: topicsOf(request),
      lastSeq: resumeAt(request) ?? parts.journal.lastSeq(),
      dropped: 0,
    };
    reply.hijack();
    head(reply);
    replay(client, parts);
    clients.add(client);
    startBeat();
    reply.raw.on('drain', () => caughtUp(client));
    reply.raw.once('close', () => {
      release();
      clients.delete(client);
      if (clients.size === 0) stopBeat();
    });
    return reply;
  };
  routes.add({
    method: 'GET',
    path: '/api/v1/stream',
    id: 'stream',
    tag: 'events',
    summary: 'Live events; resumes after Last-Event-ID; a heartbeat each 10 s',
    role: 'viewer',
    query,
    answer: {
      description: 'data: a StackEvent each; id: its seq',
      schema: null,
      media: ['text/event-stream'],
    },
    problems: [503],
    timeoutMs: streamMs,
    handle: open,
  });
  return {
    close() {
      offEvent();
      offStatus();
      stopBeat();
      for (const { response } of clients) response.end();
      clients.clear();
    },
  };
}

function head(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value);
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  reply.raw.write('retry: 2000\n: hello\n\n');
}

function replay(client: Client, { journal }: ApiParts): void {
  const last = journal.lastSeq();
  if (client.lastSeq >= last) {
    // A seq from another life of the journal would never be passed again.
    client.lastSeq = Math.min(client.lastSeq, last);
    return;
  }
  let sent = 0;
  for (;;) {
    const { events, next } = journal.page({ after: client.lastSeq, limit: pageSize });
    for (const event of events) sendEvent(client, event);
    sent += events.length;
    if (next === null) return;
    if (sent >= maxReplayed) {
      client.dropped += last - client.lastSeq;
      client.lastSeq = last;
      return caughtUp(client);
    }
  }
}

function sendEvent(client: Client, event: StackEvent): void {
  if (event.seq <= client.lastSeq) return;
  if (!wants(client, event)) {
    if (client.dropped === 0) client.lastSeq = event.seq;
    return;
  }
  if (!hasRoom(client)) {
    client.dropped += 1;
    return;
  }
  if (client.dropped > 0) caughtUp(client);
  client.lastSeq = event.seq;
  client.response.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
}

/** `after`: the last event that was sent before the gap. */
function caughtUp(client: Client): void {
  if (client.dropped === 0) return;
  const notice = JSON.stringify({ dropped: client.dropped, after: client.lastSeq });
  client.dropped = 0;
  client.response.write(`event: dropped\ndata: ${notice}\n\n`);
}

function hasRoom({ response }: Client): boolean {
  return response.writableLength < maxBufferedBytes;
}

function wants({ topics }: Client, { kind }: StackEvent): boolean {
  return topics === null || topics.has(kind) || topics.has(kind.split('.')[0] ?? kind);
}

/** null: every event. `status` alone asks for no events. */
function topicsOf(request: FastifyRequest): ReadonlySet<string> | null {
  const { topics } = request.query as z.infer<typeof query>;
  if (topics === undefined || topics === '') return null;
  return new Set(topics.split(',').map((topic) => topic.trim()));
}

function resumeAt(request: FastifyRequest): number | null {
  const header = request.headers['last-event-id'];
  const seq = typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : null;
  return seq ?? (request.query as z.infer<typeof query>).after ?? null;
}
