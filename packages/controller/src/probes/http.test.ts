/** HTTP probes against real servers. */
import { createServer as createHttp } from 'node:http';
import { createServer as createTcp } from 'node:net';
import type { Probe } from '@fettle/core/stack/health-check';
import { expect, test } from 'vitest';
import { openProbe, probeAddress } from './all.ts';
import { at, closeServers, listening, place, run } from './probe.contract.ts';
import type { Seen } from './probe.ts';

closeServers();

const get = {
  kind: 'http',
  target: '/healthz',
  method: 'GET',
  headers: {},
  status: [{ from: 200, to: 399 }],
  body: null,
  responseHeaders: {},
  json: {},
} as const satisfies Probe;

const serve = async () => {
  let connections = 0;
  const server = createHttp((request, response) => {
    if (request.url === '/hang') return;
    if (request.url === '/endless') {
      response.write('x'.repeat(1_000));
      const timer = setInterval(() => response.write('x'.repeat(20_000)), 1);
      response.on('close', () => clearInterval(timer));
      return;
    }
    if (request.url === '/sick') {
      response.writeHead(503);
      response.end(`no database:\n password=hunter2hunter2 ${'x'.repeat(200)}`);
      return;
    }
    if (request.url === '/page') {
      response.writeHead(502);
      response.end('<html><head><title>Bad</title></head><body><h1>Gateway</h1></body></html>');
      return;
    }
    if (request.url === '/hostile') {
      response.end(`${'a'.repeat(60)}b`);
      return;
    }
    if (request.url === '/half') {
      response.write('partly');
      return;
    }
    const status = Number(request.url?.slice(1)) || 200;
    response.writeHead(status, { 'x-build': 'v42', location: '/hang', connection: 'keep-alive' });
    const echo = request.headers['x-ask'] ?? '';
    response.end(JSON.stringify({ status: 'ok', echo, parts: [{ 'a b': 1 }] }));
  });
  server.on('connection', () => {
    connections += 1;
  });
  return { port: await listening(server), connections: () => connections };
};
const check = async (probe: Partial<typeof get> | object, expected: Partial<Seen>) => {
  const { port } = await serve();
  expect(await run({ ...get, ...probe }, at(port))).toMatchObject(expected);
};

test('200 is up', () => check({}, { ok: true, detail: 'HTTP 200', answer: 'answered' }));
test('503 is down, but an answer', () =>
  check({ target: '/503' }, { ok: false, answer: 'answered' }));
test('what a failure says is told in short, without secrets', async () => {
  const { port } = await serve();
  const { detail } = await run({ ...get, target: '/sick' }, at(port));
  expect(detail).toMatch(/^HTTP 503: no database: password=\*\*\* x+…$/);
  expect(detail.length).toBe('HTTP 503: '.length + 80);
});
test('of a page its words are told', () =>
  check({ target: '/page' }, { detail: 'HTTP 502: Bad Gateway' }));
test('an expression that never ends is stopped', () =>
  check({ target: '/hostile', body: '/(a+)+$/' }, { ok: false, answer: 'answered' }));
test('the range of good statuses is the check’s own', () =>
  check({ target: '/503', status: [{ from: 500, to: 599 }] }, { ok: true }));
test('a redirect is an answer and is not followed', () =>
  check({ target: '/302' }, { ok: true, detail: 'HTTP 302' }));
test('the body must hold a substring', () => check({ body: '"ok"' }, { ok: true }));
test('or match a regular expression', () => check({ body: '/STATUS.+OK/i' }, { ok: true }));
test('else it says what it does not hold', () =>
  check({ body: 'sunny' }, { ok: false, detail: 'body does not hold sunny' }));
test('a header must match', () => check({ responseHeaders: { 'X-Build': '/^v4/' } }, { ok: true }));
test('else it says what it is', () =>
  check({ responseHeaders: { 'x-build': 'v43' } }, { detail: 'header x-build is v42, not v43' }));
test('a header that is not there', () =>
  check({ responseHeaders: { etag: 'a' } }, { detail: 'HTTP 200 without the header etag' }));
test('JSON values are compared', () =>
  check({ json: { '$.status': 'ok', "$.parts[0]['a b']": 1 } }, { ok: true }));
test('else it says what stands there', () =>
  check({ json: { '$.status': 'fine' } }, { detail: '$.status is "ok", not "fine"' }));
test('or that nothing does', () =>
  check({ json: { '$.parts[3].x': 1 } }, { detail: '$.parts[3].x is absent, not 1' }));
test('request headers are sent', () =>
  check({ headers: { 'x-ask': 'hm' }, json: { '$.echo': 'hm' } }, { ok: true }));
test('silence ends at the deadline', async () => {
  const { port } = await serve();
  const beganMs = performance.now();
  const seen = await run({ ...get, target: '/hang' }, at(port), 200);
  expect(seen).toEqual({ ok: false, detail: 'no answer in 200ms', answer: 'silent' });
  expect(performance.now() - beganMs).toBeLessThan(1_000);
});
test('a body that never ends is read to 64 kB only', () =>
  check({ target: '/endless', body: 'x' }, { ok: true }));
test('a body that stops half-way is silence', async () => {
  const { port } = await serve();
  const seen = await run({ ...get, target: '/half' }, at(port), 200);
  expect(seen).toMatchObject({ ok: false, answer: 'silent' });
});
test('each probe makes its own connection', async () => {
  const { port, connections } = await serve();
  for (let i = 0; i < 3; i += 1) await run(get, at(port));
  expect(connections()).toBe(3);
});
test('nobody there is absence', async () => {
  const server = createTcp();
  const port = await listening(server);
  server.close();
  const detail = `ECONNREFUSED 127.0.0.1:${port}`;
  expect(await run(get, at(port))).toEqual({ ok: false, detail, answer: 'absent' });
});
test('what is no HTTP is an answer of its own kind', async () => {
  const port = await listening(createTcp((socket) => socket.end('SSH-2.0-x\r\n')));
  expect(await run(get, at(port))).toMatchObject({ ok: false, answer: 'answered' });
});
test('a path without a port is told at once', () =>
  expect(() => openProbe(get, place, () => {})).toThrow(/no address/));
test('so are a broken pattern and a broken path', () => {
  expect(() => openProbe({ ...get, body: '/(/' }, at(1), () => {})).toThrow(/pattern/);
  expect(() => openProbe({ ...get, json: { status: 1 } }, at(1), () => {})).toThrow(/JSON path/);
});
test('an absolute URL names the address that is attested', () =>
  expect(probeAddress({ ...get, target: 'http://localhost:81/x' }, place)).toEqual({
    host: 'localhost',
    port: 81,
  }));
