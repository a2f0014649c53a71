import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { LogLine, StackEvent } from './api/documents.ts';
import { createClient, queryOf } from './client.ts';
import { FettleError } from './fettle-error.ts';
import { fetchTransport } from './transports/fetch.ts';
import { unixSocketTransport } from './transports/unix-socket.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

/** A real server on a Unix socket; `answer` is asked for each request. */
async function serve(answer: Answer): Promise<Readonly<{ socket: string; server: Server }>> {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-client-'));
  const socket = join(dir, 'api.sock');
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return { socket, server };
}

const json = (response: ServerResponse, status: number, body: unknown): void => {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
};

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function caught(work: Promise<unknown>): Promise<FettleError> {
  const error = await work.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (error instanceof FettleError) return error;
  return expect.unreachable(`no FettleError: ${String(error)}`);
}

test('each call asks its own path and gives back the document', async () => {
  const asked: string[] = [];
  const { socket } = await serve((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    json(response, 200, { path: request.url });
  });
  const client = createClient(unixSocketTransport(socket));
  await client.status();
  await client.service('a b');
  await client.why('api');
  await client.series('api', '1h');
  await client.timeline(null);
  await client.timeline('api', '10m');
  await client.events({ after: 3, limit: 10 });
  await client.ports();
  await client.links();
  await client.logs({ services: ['api', 'web'], tail: 5, grep: 'x&y' });
  await client.command('api', 'restart');
  await client.scale('api', 3);
  await client.health();
  expect(asked).toEqual([
    'GET /api/v1/status',
    'GET /api/v1/services/a%20b',
    'GET /api/v1/services/api/why',
    'GET /api/v1/services/api/series?since=1h',
    'GET /api/v1/timeline',
    'GET /api/v1/services/api/timeline?since=10m',
    'GET /api/v1/events?after=3&limit=10',
    'GET /api/v1/ports',
    'GET /api/v1/links',
    'GET /api/v1/logs?service=api&service=web&tail=5&grep=x%26y',
    'POST /api/v1/services/api/restart',
    'POST /api/v1/services/api/scale',
    'GET /healthz',
  ]);
});

test('a command carries its words, who acts, and one idempotency key', async () => {
  const seen: unknown[] = [];
  const { socket } = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const { 'idempotency-key': key, 'x-fettle-actor': actor } = request.headers;
      seen.push({ body, key, actor });
      json(response, 202, {});
    });
  });
  await createClient(unixSocketTransport(socket), { actor: 'cli' }).scale('api', 2, 'k-1');
  expect(seen).toEqual([{ body: '{"replicas":2}', key: 'k-1', actor: 'cli' }]);
});

test('a problem document comes back as the error that made it', async () => {
  const { socket } = await serve((_request, response) =>
    json(response, 404, {
      type: 'urn:fettle:error:E-SERVICE-UNKNOWN',
      title: 'no such service',
      status: 404,
      detail: 'this stack has no service web2',
      code: 'E-SERVICE-UNKNOWN',
      hint: 'one of: web',
    }),
  );
  const error = await caught(createClient(unixSocketTransport(socket)).why('web2'));
  expect(error).toMatchObject({
    code: 'E-SERVICE-UNKNOWN',
    message: 'this stack has no service web2',
    hint: 'one of: web',
    status: 404,
    exitCode: 2,
  });
});

test('an answer that is no document of ours is told as such', async () => {
  const { socket } = await serve((_request, response) => response.writeHead(200).end('<html>'));
  const error = await caught(createClient(unixSocketTransport(socket)).status());
  expect(error.code).toBe('E-API-ANSWER');
});

test('a refused talk ends with exit code 4, a refused act with 5', async () => {
  const { socket } = await serve((request, response) =>
    response.writeHead(request.method === 'GET' ? 403 : 409).end('no'),
  );
  const client = createClient(unixSocketTransport(socket));
  expect((await caught(client.status())).exitCode).toBe(4);
  expect((await caught(client.command('api', 'stop'))).exitCode).toBe(5);
});

test('an unhealthy daemon is an answer, not an error', async () => {
  const { socket } = await serve((_request, response) =>
    response
      .writeHead(503, { 'content-type': 'application/health+json' })
      .end('{"status":"fail","checks":{}}'),
  );
  expect(await createClient(unixSocketTransport(socket)).health()).toMatchObject({
    status: 'fail',
  });
});

test('nobody there is E-DAEMON-UNREACHABLE with exit code 4', async () => {
  const error = await caught(createClient(unixSocketTransport('/nowhere/x.sock')).status());
  expect(error).toMatchObject({ code: 'E-DAEMON-UNREACHABLE', exitCode: 4 });
  expect(error.message).toContain('ENOENT');
});

test('a silent daemon is E-API-TIMEOUT at the deadline', async () => {
  const { socket } = await serve(() => undefined);
  const client = createClient(unixSocketTransport(socket), { timeoutMs: 50 });
  expect((await caught(client.status())).code).toBe('E-API-TIMEOUT');
});

test('fetch reaches the same API over TCP, with its token', async () => {
  const server = createServer((request, response) =>
    json(response, 200, { authorization: request.headers.authorization }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createClient(fetchTransport({ baseUrl, token: 't-1' }));
  expect(await client.status()).toEqual({ authorization: 'Bearer t-1' });
});

const eventOf = (seq: number): StackEvent => ({
  seq,
  at: '2026-11-21T12:00:00Z',
  kind: 'service.started',
  service: 'api',
  instance: 'api.1',
  severity: 'info',
  text: `event ${seq}`,
  data: {},
});

const sse = (response: ServerResponse): void =>
  void response.writeHead(200, { 'content-type': 'text/event-stream' });

test('a stream goes on where a lost connection broke off, without gap or repeat', async () => {
  const asked: (string | undefined)[] = [];
  const { socket } = await serve((request, response) => {
    asked.push(request.headers['last-event-id'] as string | undefined);
    sse(response);
    const first = asked.length === 1 ? 1 : 2;
    for (const seq of [first, first + 1])
      response.write(`id: ${seq}\ndata: ${JSON.stringify(eventOf(seq))}\n\n`);
    if (asked.length === 1) response.end();
  });
  const abort = new AbortController();
  const seen: number[] = [];
  for await (const event of createClient(unixSocketTransport(socket)).stream(null, {
    abort: abort.signal,
  })) {
    seen.push(event.seq);
    if (seen.length === 3) abort.abort();
  }
  expect(seen).toEqual([1, 2, 3]);
  expect(asked).toEqual([undefined, '2']);
});

test('silence longer than allowed counts as a lost connection', async () => {
  let connections = 0;
  const { socket } = await serve((_request, response) => {
    connections += 1;
    sse(response);
    response.write(`id: ${connections}\ndata: ${JSON.stringify(eventOf(connections))}\n\n`);
  });
  const abort = new AbortController();
  const told: boolean[] = [];
  for await (const event of createClient(unixSocketTransport(socket)).stream(null, {
    abort: abort.signal,
    silenceMs: 60,
    onConnection: (connected) => told.push(connected),
  }))
    if (event.seq === 2) abort.abort();
  expect(told).toEqual([false, true]);
});

test('a daemon that stays away ends the stream with its error', async () => {
  const live = { abort: new AbortController().signal, giveUpMs: 50 };
  const stream = createClient(unixSocketTransport('/nowhere/x.sock')).stream(null, live);
  expect((await caught(collect(stream))).code).toBe('E-DAEMON-UNREACHABLE');
});

test('a refusal ends the stream at once', async () => {
  const { socket } = await serve((_request, response) =>
    json(response, 400, { code: 'E-QUERY', detail: 'no such level', hint: '', status: 400 }),
  );
  const live = { abort: new AbortController().signal };
  const lines = createClient(unixSocketTransport(socket)).followLogs({ services: [] }, live);
  expect((await caught(collect(lines))).code).toBe('E-QUERY');
});

const lineOf = (offset: number, kind: LogLine['kind'] = 'line'): LogLine => ({
  service: 'api',
  instance: 'api.1',
  run: 'r-1',
  kind,
  at: `2026-11-21T12:00:0${offset}Z`,
  level: null,
  text: `${kind} ${offset}`,
  fields: null,
  offset,
});

/** The first connection is torn after `first`; the second answers `then` and ends. */
async function torn(first: readonly LogLine[], then: readonly LogLine[], end = '') {
  const asked: string[] = [];
  const { socket } = await serve((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    const lines = asked.length === 1 ? first : then;
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    if (asked.length === 1) response.write(`${text}{"half":`, () => response.destroy());
    else response.end(`\n${text}${end}`);
  });
  return { asked, client: createClient(unixSocketTransport(socket)) };
}

test('followed logs resume behind the last place and drop what was seen', async () => {
  const first = [lineOf(0, 'boundary'), lineOf(0), lineOf(1)];
  const { asked, client } = await torn(first, [lineOf(1), lineOf(2)]);
  const abort = new AbortController();
  const seen: string[] = [];
  const told: boolean[] = [];
  const live = { abort: abort.signal, onConnection: (on: boolean) => void told.push(on) };
  for await (const line of client.followLogs({ services: ['api'], tail: 10 }, live)) {
    seen.push(line.text);
    if (line.offset === 2) abort.abort();
  }
  expect(seen).toEqual(['boundary 0', 'line 0', 'line 1', 'line 2']);
  expect(asked[0]).toBe('/api/v1/logs?service=api&tail=10&follow=true');
  expect(asked[1]).toBe('/api/v1/logs?service=api&tail=10&after=r-1%2F1&follow=true');
  expect(told).toEqual([false, true]);
});

test('a log that is read to its end goes on over a torn connection', async () => {
  const { asked, client } = await torn([lineOf(0), lineOf(4, 'boundary')], [lineOf(4)]);
  const live = { abort: new AbortController().signal };
  const batches = await collect(client.readLogs({ services: [], tail: 'all' }, live));
  expect(batches.flat().map(({ text }) => text)).toEqual(['line 0', 'boundary 4', 'line 4']);
  expect(asked[1]).toBe('/api/v1/logs?tail=all&after=r-1%2F4%2Fboundary');
});

test('a problem that is told inside a stream ends it', async () => {
  const problem = { code: 'E-GREP-SLOW', detail: 'too long', hint: 'less', status: 500 };
  const { client } = await torn([], [lineOf(0)], `${JSON.stringify(problem)}\n`);
  const live = { abort: new AbortController().signal };
  expect((await caught(collect(client.readLogs({ services: [] }, live)))).code).toBe('E-GREP-SLOW');
});

test('a query leaves out what is not set', () => {
  expect(queryOf({})).toBe('');
  expect(queryOf({ a: undefined, b: ['x', 'y'], c: false })).toBe('?b=x&b=y&c=false');
});
