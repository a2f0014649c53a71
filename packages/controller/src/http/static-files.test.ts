import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, test } from 'vitest';
import { createStaticFiles } from './static-files.ts';

const script = `console.log(${JSON.stringify('fettle '.repeat(500))});\n`;
let dir = '';
let app: FastifyInstance;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fettle-static-'));
  mkdirSync(join(dir, 'assets'));
  writeFileSync(join(dir, 'index.html'), '<script src="/assets/app-1.js"></script>');
  writeFileSync(join(dir, 'assets', 'app-1.js'), script);
  app = fastify();
  const files = createStaticFiles(dir);
  app.setNotFoundHandler((request, reply) => {
    if (!files.send(request, reply)) void reply.code(404).send('none');
    return reply;
  });
});
afterEach(async () => {
  await app.close();
  rmSync(dir, { recursive: true, force: true });
});
const get = (url: string, headers: Record<string, string> = {}) =>
  app.inject({ method: 'GET', url, headers });

test('a rebuild under a running daemon leaves the page whole', async () => {
  rmSync(dir, { recursive: true });
  const page = await get('/services', { accept: 'text/html' });
  const [, asset = ''] = /src="([^"]+)"/.exec(page.body) ?? [];
  const answer = await get(asset);
  deepEqual([answer.statusCode, answer.body], [200, script]);
});

test('what pays is packed as the reader can take it', async () => {
  const bodies = await Promise.all(
    ['br, gzip', 'gzip;q=1.0, br;q=0', 'identity'].map(async (coding) => {
      const answer = await get('/assets/app-1.js', { 'accept-encoding': coding });
      equal(Number(answer.headers['content-length']), answer.rawPayload.length);
      return [answer.headers['content-encoding'], answer.rawPayload] as const;
    }),
  );
  deepEqual(
    bodies.map(([coding]) => coding),
    ['br', 'gzip', undefined],
  );
  equal(brotliDecompressSync(bodies[0]?.[1] ?? '').toString(), script);
  equal(gunzipSync(bodies[1]?.[1] ?? '').toString(), script);
  const small = await get('/', { 'accept-encoding': 'br' });
  equal(small.headers['content-encoding'], undefined);
});

test('a known version is not sent again, and versions differ by their packing', async () => {
  const headers = { 'accept-encoding': 'br' };
  const { etag, ...rest } = (await get('/assets/app-1.js', headers)).headers;
  match(String(rest['cache-control']), /immutable/);
  equal(rest['vary'], 'accept-encoding');
  const again = { ...headers, 'if-none-match': String(etag) };
  equal((await get('/assets/app-1.js', again)).statusCode, 304);
  equal((await get('/assets/app-1.js', { 'if-none-match': String(etag) })).statusCode, 200);
});

test('no name leads out of the folder', async () => {
  for (const url of ['/../static.txt', '/assets/..%2f..%2fpasswd', '/%2e%2e/x'])
    equal((await get(url)).statusCode, 404);
});
