import { expect, test } from 'vitest';
import { readAccess, readAccessFields, type Access } from './access-log.ts';

const check = (line: string, expected: Partial<Access> | null) => {
  const found = line.startsWith('{')
    ? readAccessFields(JSON.parse(line) as Record<string, unknown>)
    : readAccess(line);
  if (expected === null) expect(found).toBeNull();
  else expect(found).toMatchObject(expected);
};
const address = '127.0.0.1 - - [05/Jan/2026:10:00:00 +0000]';

test('common', () =>
  check(`${address} "GET /a?b=1 HTTP/1.1" 200 2326`, {
    status: 200,
    method: 'GET',
    path: '/a',
    durationMs: null,
  }));
test('combined', () =>
  check(`${address} "POST /a HTTP/2.0" 503 0 "-" "curl/8 \\"x\\""`, {
    status: 503,
    durationMs: null,
  }));
test('nginx with its request time', () => {
  check(`${address} "GET / HTTP/1.1" 200 5 "-" "curl/8" 0.012`, { durationMs: 12 });
  check(`${address} "GET / HTTP/1.1" 200 5 "-" "curl/8" rt=0.250 uct="0.1"`, { durationMs: 250 });
});
test('gunicorn with %(D)s', () =>
  check(`${address} "GET / HTTP/1.1" 200 5 "-" "curl/8" 1500`, { durationMs: 1.5 }));
test('uvicorn', () =>
  check('INFO:     127.0.0.1:54321 - "GET /items/7 HTTP/1.1" 404 Not Found', {
    status: 404,
    path: '/items/7',
    durationMs: null,
  }));
test('morgan dev', () =>
  check('GET /x 500 3.125 ms - 12', { status: 500, durationMs: 3.125, path: '/x' }));
test('morgan tiny', () => check('GET /x 200 - - 0.5 ms', { status: 200, durationMs: 0.5 }));
test('morgan short', () =>
  check('::1 - GET /x HTTP/1.1 200 12 - 3.1 ms', { status: 200, durationMs: 3.1 }));
test('pino-http', () =>
  check(
    '{"level":30,"req":{"method":"get","url":"/x?y"},"res":{"statusCode":502},"responseTime":7,"msg":"request completed"}',
    { status: 502, durationMs: 7, method: 'GET', path: '/x' },
  ));
test('fastify', () =>
  check('{"reqId":"a","res":{"statusCode":200},"responseTime":1.5}', { status: 200, path: null }));
test('flat JSON', () =>
  check('{"method":"GET","path":"/x","status":200,"duration_ms":4}', {
    durationMs: 4,
    path: '/x',
  }));

test('what the service asked of others is no access', () => {
  check('http://db:80 "GET /x HTTP/1.1" 200 None', null);
  check('HTTP Request: GET http://a/x "HTTP/1.1 200 OK"', null);
});
test('no access at all', () => {
  for (const line of [
    '',
    'took 12 ms',
    'GET ready',
    '{"status":"ok"}',
    '{"status":200}',
    '{"res":{"statusCode":200}}',
  ])
    check(line, null);
});
