/** Every document that a route answers is what `schemas.ts` (and so OpenAPI) says. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import type { z } from 'zod';
import { aService, aStack, aView, startRig, until, type Rig } from '../controller.kit.ts';
import { schemaByName } from './schemas.ts';

type Json = ReturnType<typeof JSON.parse>;
const page = mkdtempSync(join(tmpdir(), 'fettle-page-'));
let rig: Rig;
const owner = { pid: 1, command: 'x', kind: 'foreign', instance: null, runningForMs: 1 } as const;
const crashed = aView('api', {
  token: 'e1-2',
  restarts: 2,
  restartsByReason: { crash: 2 },
  lastToken: 'e1-1',
  lastExit: { kind: 'code', code: 1, posixSignal: null, endedBy: null, atMs: Date.now() },
  port: { instance: 'api.1', port: 8001, host: '127.0.0.1', fallbackFrom: { port: 8000, owner } },
});
beforeAll(async () => {
  mkdirSync(join(page, 'assets'));
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>Fettle</title>');
  writeFileSync(join(page, 'assets', 'app-1a2b.js'), 'export {};');
  const secret = { DB_PASSWORD: 'hunter2', DB_URL: 'postgres://a:hunter2@db' };
  const port = { preferred: [{ from: 8000, to: 8009 }], host: '127.0.0.1', fallback: true };
  rig = await startRig({
    stack: aStack([aService('db'), aService('api', { environment: secret, port })], {
      reservedPorts: [{ class: 'web', from: 9_000, to: 9_010 }],
    }),
    views: [aView('db'), crashed],
    controller: { dashboardDir: page },
  });
});
afterAll(async () => {
  await rig.stop();
  rmSync(page, { recursive: true, force: true });
});
const get = async (path: string, init: RequestInit = {}) => fetch(rig.url + path, init);
function schemaNamed(name: string): z.ZodType {
  const schema = schemaByName.get(name);
  if (schema === undefined) throw new RangeError(`no schema ${name}`);
  return schema;
}
const cases: readonly (readonly [string, string])[] = [
  ['/api/v1/status', 'StatusDocument'],
  ['/api/v1/services', 'ServicesDocument'],
  ['/api/v1/services/api', 'ServiceDocument'],
  ['/api/v1/services/api/why', 'WhyDocument'],
  ['/api/v1/services/api/series', 'SeriesDocument'],
  ['/api/v1/services/api/timeline', 'TimelineDocument'],
  ['/api/v1/timeline', 'TimelineDocument'],
  ['/api/v1/events', 'EventsDocument'],
  ['/api/v1/ports', 'PortsDocument'],
  ['/api/v1/links', 'LinksDocument'],
  ['/api/v1/watches', 'WatchesDocument'],
  ['/api/v1/logs', 'LogsDocument'],
  ['/api/v1/errors', 'ErrorsDocument'],
  ['/api/v1/incidents', 'IncidentsDocument'],
  ['/api/v1/runs', 'RunsDocument'],
  ['/api/v1/deliveries', 'DeliveriesDocument'],
  ['/api/v1/healing', 'HealingDocument'],
  ['/api/v1/runbooks', 'RunbooksDocument'],
  ['/api/v1/runbooks/high-cpu', 'RunbookDocument'],
  ['/ping/nightly', 'PingDocument'],
  ['/healthz', 'HealthDocument'],
  ['/nowhere', 'Problem'],
];
for (const [path, name] of cases)
  test(`${path} answers a ${name} and nothing beside`, async () => {
    const body = await (await get(path)).json();
    deepEqual(schemaNamed(name).parse(body), body);
  });

test('every route that is served is described, with its problems', async () => {
  const document = (await (await get('/api/openapi.json')).json()) as Json;
  equal(document.openapi, '3.1.0');
  for (const [path] of cases.slice(0, -1)) {
    const known = path
      .replace('/services/api', '/services/{name}')
      .replace('/runbooks/high-cpu', '/runbooks/{name}')
      .replace('/ping/nightly', '/ping/{id}');
    ok(document.paths[known]?.get, known);
    ok(document.paths[known].get.responses['403'], known);
  }
  for (const verb of ['start', 'stop', 'restart', 'reset', 'scale'])
    ok(document.paths[`/api/v1/services/{name}/${verb}`].post, verb);
});
test('no secret of a definition leaves', async () => {
  const text = await (await get('/api/v1/services/api')).text();
  ok(!text.includes('hunter2'));
  ok(text.includes('"DB_PASSWORD":"***"'));
});
test('a port that moved says why, and a reserved range is listed', async () => {
  const { ports } = (await (await get('/api/v1/ports')).json()) as Json;
  const own = ports.find((row: Json) => row.port === 8_001);
  deepEqual([own.state, own.asked], ['ours', '8000-8009']);
  ok(own.note.startsWith('8000 is taken by pid 1 (x, not ours)'));
  ok(ports.some((row: Json) => row.state === 'reserved' && row.asked === '9000-9010'));
});
test('metrics tell states, restarts and histograms, in both formats', async () => {
  const text = await (await get('/metrics')).text();
  for (const line of [
    'fettle_service_up{service="db"} 1',
    'fettle_service_state{service="db",state="ok"} 1',
    'fettle_service_restarts_total{service="api",reason="crash"} 2',
    'fettle_check_duration_seconds_bucket{service="api",check="health",le="0.005"} 1',
    'fettle_check_duration_seconds_count{service="api",check="health"} 3',
  ])
    ok(text.includes(`${line}\n`), line);
  const open = await get('/metrics', { headers: { accept: 'application/openmetrics-text' } });
  const openText = await open.text();
  ok(openText.endsWith('# EOF\n') && openText.includes('# TYPE fettle_service_restarts counter'));
});
const publish = (view: typeof crashed) =>
  rig.supervisor.publish({ kind: 'instance-changed', view, cause: '' });
test('start-up times and failed starts are counted', async () => {
  const starting = aView('api', { token: 'e1-3', ready: false, startedAtMs: Date.now() - 700 });
  publish(starting);
  publish({ ...starting, ready: true });
  const exit = {
    kind: 'code',
    code: 3,
    posixSignal: null,
    endedBy: null,
    atMs: Date.now(),
  } as const;
  publish(aView('api', { token: 'e1-4', ready: false, lastToken: 'e1-3', lastExit: exit }));
  publish(aView('api', { token: 'e1-5', lastToken: 'e1-4', lastExit: exit }));
  await until(async () => {
    const text = await (await get('/metrics')).text();
    const tail = text.includes(
      'fettle_service_startup_failures_total{service="api",error_type="exit_3"} 1\n',
    );
    return (
      tail &&
      text.includes('fettle_service_startup_duration_seconds_bucket{service="api",le="1"} 1\n')
    );
  });
});
test('the page is served at every view of it, with caching by name', async () => {
  const html = { headers: { accept: 'text/html' } };
  for (const path of ['/', '/s/api', '/ports']) {
    const answer = await get(path, html);
    deepEqual(
      [answer.status, answer.headers.get('content-type')],
      [200, 'text/html; charset=utf-8'],
      path,
    );
    ok((await answer.text()).includes('Fettle'));
  }
  const script = await get('/assets/app-1a2b.js');
  ok(script.headers.get('cache-control')?.includes('immutable'));
  equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8');
  await script.text();
  const etag = (await get('/', html)).headers.get('etag') ?? '';
  equal((await get('/', { headers: { ...html.headers, 'if-none-match': etag } })).status, 304);
});
test('a path that climbs out of the page is a view of it at most', async () => {
  const climbing = await get('/..%2f..%2fetc%2fpasswd', { headers: { accept: 'text/html' } });
  ok((await climbing.text()).includes('<title>Fettle</title>'));
});
test('nothing outside the page can be fetched, and an unknown API path is no page', async () => {
  for (const path of ['/%2e%2e/package.json', '/assets/nope.js', '/api/v1/nope'])
    equal((await get(path, { headers: { accept: 'text/html' } })).status, 404, path);
});
