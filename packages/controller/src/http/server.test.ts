import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { request } from 'node:http';
import { afterAll, beforeAll, test } from 'vitest';
import { startRig, until, type Rig } from '../controller.kit.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());

type Json = ReturnType<typeof JSON.parse>;
type Got = { status: number; headers: Headers; body: Json };
async function call(path: string, init: RequestInit = {}): Promise<Got> {
  const answer = await fetch(rig.url + path, { signal: AbortSignal.timeout(5_000), ...init });
  const text = await answer.text();
  const json = text !== '' && /[/+]json/.test(answer.headers.get('content-type') ?? '');
  return { status: answer.status, headers: answer.headers, body: json ? JSON.parse(text) : text };
}
const post = (path: string, body: unknown = {}, headers: Record<string, string> = {}) =>
  call(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
async function problem(answer: Promise<Got>, status: number, code: string): Promise<Got> {
  const got = await answer;
  deepEqual([got.status, got.body.code], [status, code]);
  match(got.headers.get('content-type') ?? '', /^application\/problem\+json/);
  ok(got.body.hint.length > 0);
  return got;
}
/** By hand, since fetch does not let us choose Host and Origin. */
function raw(path: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const { hostname, port } = new URL(rig.url);
  const sent = request({ hostname, port, path, headers, method }, (answer) => {
    answer.resume();
    resolve(answer.statusCode ?? 0);
  });
  sent.once('error', reject);
  sent.end();
  return promise;
}

test('status tells each service', async () => {
  const { status, body } = await call('/api/v1/status');
  equal(status, 200);
  deepEqual(
    body.services.map((one: Json) => [one.name, one.state]),
    [
      ['db', 'ok'],
      ['api', 'ok'],
    ],
  );
  deepEqual(
    [body.summary, body.health, body.daemon.supervisorConnected],
    ['2 ok', 'healthy', true],
  );
});
test('a poller that has the newest status gets 304', async () => {
  const { headers } = await call('/api/v1/status');
  const again = await call('/api/v1/status', {
    headers: { 'if-none-match': headers.get('etag') ?? '' },
  });
  equal(again.status, 304);
});
test('a service is told with its definition', async () => {
  const { body } = await call('/api/v1/services/api');
  deepEqual(
    [body.schema, body.service.name, body.definition.name],
    ['fettle.service/v1', 'api', 'api'],
  );
});
test('an unknown service is a 404 that names the nearest', async () => {
  const { body } = await problem(call('/api/v1/services/apo'), 404, 'E-SERVICE-UNKNOWN');
  equal(body.hint, 'did you mean api?');
});
test('an unknown path is a 404', () => problem(call('/api/v1/nope'), 404, 'E-API-ROUTE'));
test('a known path with another method is a 405 that says which', async () => {
  const { headers } = await problem(
    call('/api/v1/status', { method: 'DELETE' }),
    405,
    'E-API-METHOD',
  );
  equal(headers.get('allow'), 'GET, HEAD');
});
test('a bad query is a 400', () => problem(call('/api/v1/events?limit=0'), 400, 'E-API-INPUT'));
test('a time that is none is a 400', () =>
  problem(call('/api/v1/timeline?since=soon'), 400, 'E-API-INPUT'));
test('broken JSON is a 400', () =>
  problem(
    call('/api/v1/services/api/scale', {
      method: 'POST',
      body: '{',
      headers: { 'content-type': 'application/json' },
    }),
    400,
    'E-API-INPUT',
  ));
test('a body of another type is a 415', () =>
  problem(
    call('/api/v1/services/api/scale', {
      method: 'POST',
      body: 'x',
      headers: { 'content-type': 'text/plain' },
    }),
    415,
    'E-API-MEDIA',
  ));
test('a body over the bound is a 413', () =>
  problem(post('/api/v1/services/api/scale', { a: 'x'.repeat(70_000) }), 413, 'E-API-TOO-LARGE'));
test('a foreign Host is refused', async () => {
  equal(await raw('/api/v1/status', { host: 'evil.example:80' }), 403);
  equal(await raw('/api/v1/status', { host: 'localhost:1' }), 200);
});
test('a command from a foreign page is refused, from our own page it is taken', async () => {
  const { host, origin } = new URL(rig.url);
  const path = '/api/v1/services/api/restart';
  equal(await raw(path, { host, origin: 'http://evil.example' }, 'POST'), 403);
  equal(await raw(path, { host, origin: 'null' }, 'POST'), 403);
  equal(await raw(path, { host, 'sec-fetch-site': 'cross-site' }, 'POST'), 403);
  equal(await raw(path, { host, origin }, 'POST'), 200);
});
test('a ping by GET from a foreign page is refused', async () => {
  const { host } = new URL(rig.url);
  equal(await raw('/ping/nightly', { host, origin: 'http://evil.example' }), 403);
});
test('a command goes to the supervisor with its actor', async () => {
  const { body } = await post('/api/v1/services/api/stop', {}, { 'x-fettle-actor': 'cli' });
  deepEqual(body, {
    schema: 'fettle.command/v1',
    command: 'stop',
    services: ['api'],
    accepted: true,
  });
  const sent = rig.supervisor.requests.findLast(({ kind }) => kind === 'command') as Json;
  deepEqual([sent.command, sent.services, sent.actor], ['stop', ['api'], 'cli']);
});
test('a command without a body is taken', async () => {
  equal((await call('/api/v1/services/api/start', { method: 'POST' })).status, 200);
});
const count = () => rig.supervisor.requests.filter(({ kind }) => kind === 'scale').length;
test('a repeated key acts once; with another request it is refused', async () => {
  const before = count();
  const headers = { 'idempotency-key': 'k1' };
  const first = await post('/api/v1/services/api/scale', { replicas: 2 }, headers);
  const second = await post('/api/v1/services/api/scale', { replicas: 2 }, headers);
  deepEqual([first.body, count() - before], [second.body, 1]);
  equal(second.headers.get('idempotency-replayed'), 'true');
  await problem(
    post('/api/v1/services/api/scale', { replicas: 3 }, headers),
    422,
    'E-API-IDEMPOTENCY',
  );
});
test('a scale outside the range is a 422', () =>
  problem(post('/api/v1/services/api/scale', { replicas: 9 }), 422, 'E-SCALE-RANGE'));
test('down must name the stack', async () => {
  await problem(post('/api/v1/stack/down', { confirm: 'other' }), 422, 'E-API-CONFIRM');
  equal((await post('/api/v1/stack/down', { confirm: 'shop' })).status, 200);
});
test('ids of the caller come back', async () => {
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const { headers } = await call('/livez', { headers: { 'x-request-id': 'r-1', traceparent } });
  deepEqual([headers.get('x-request-id'), headers.get('traceparent')], ['r-1', traceparent]);
});
test('an id that could break a log line is replaced', async () => {
  const { headers } = await call('/livez', { headers: { 'x-request-id': 'a b"c' } });
  match(headers.get('x-request-id') ?? '', /^[\w-]{36}$/);
});
test('health answers under each name', async () => {
  for (const path of ['/livez', '/readyz', '/ready', '/healthz', '/health']) {
    const { status, headers, body } = await call(path);
    deepEqual([status, body.status], [200, 'pass'], path);
    match(headers.get('content-type') ?? '', /^application\/health\+json/);
  }
  deepEqual(Object.keys((await call('/readyz?verbose')).body.checks), ['supervisor']);
});
test('pings of each kind are heard, others are not', async () => {
  for (const end of ['', '/start', '/fail', '/log', '/0', '/255'])
    equal((await call(`/ping/nightly${end}`, { method: 'POST', body: 'out' })).status, 200, end);
  equal((await call('/ping/nightly', { method: 'HEAD' })).status, 200);
  await problem(call('/ping/nightly/256'), 400, 'E-PING-KIND');
  await problem(call('/ping/other'), 404, 'E-PING-UNKNOWN');
  await problem(
    call('/ping/nightly', { method: 'POST', body: 'x'.repeat(10_241) }),
    413,
    'E-API-TOO-LARGE',
  );
});
test('logs come as a document, as NDJSON, and as a live stream', async () => {
  equal((await call('/api/v1/logs?service=api')).body.lines.length, 2);
  const nd = await call('/api/v1/logs', { headers: { accept: 'application/x-ndjson' } });
  equal(nd.headers.get('content-type'), 'application/x-ndjson');
  const abort = new AbortController();
  const live = await fetch(`${rig.url}/api/v1/logs?follow=true`, {
    headers: { accept: 'text/event-stream' },
    signal: abort.signal,
  });
  const reader = live.body?.getReader();
  let text = '';
  while (!text.includes('"one"'))
    text += Buffer.from((await reader?.read())?.value ?? []).toString();
  abort.abort();
  await problem(call('/api/v1/logs?grep=/(/'), 400, 'E-API-INPUT');
  await problem(call('/api/v1/logs?after=there'), 400, 'E-API-INPUT');
  await problem(call('/api/v1/logs?tail=most'), 400, 'E-API-INPUT');
  equal((await call('/api/v1/logs?tail=all&after=e1-1/3/boundary&after=e1-2/0')).status, 200);
});
test('why falls back to what the process tells', async () => {
  const { body } = await call('/api/v1/services/api/why');
  deepEqual([body.schema, body.state, body.why, body.next], ['fettle.why/v1', 'ok', null, []]);
});
test('series and ports answer', async () => {
  equal((await call('/api/v1/services/api/series?since=5m')).body.schema, 'fettle.series/v1');
  equal((await call('/api/v1/ports')).body.schema, 'fettle.ports/v1');
  equal((await call('/api/v1/links')).body.total, 0);
  equal((await post('/api/v1/links')).body.total, 0);
  equal((await call('/api/v1/services')).body.services.length, 2);
});
test('a supervisor that goes away is shown, and taken up again', async () => {
  rig.supervisor.dropClients();
  await until(async () =>
    (await call('/api/v1/events')).body.events.some(
      (one: Json) => one.kind === 'daemon.supervisor-away',
    ),
  );
  await until(async () => (await call('/api/v1/status')).body.daemon.supervisorConnected === true);
});
test('every answer forbids foreign content', async () => {
  const { headers } = await call('/livez');
  match(headers.get('content-security-policy') ?? '', /default-src 'none'/);
  equal(headers.get('access-control-allow-origin'), null);
  deepEqual(
    rig.errors.filter((one) => JSON.stringify(one).includes('E-INTERNAL')),
    [],
  );
});
