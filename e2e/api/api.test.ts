/** The API of a real stack, judged by tools that are not ours: promtool and an OpenAPI linter. */
import { execFile, spawnSync } from 'node:child_process';
import { deepEqual, equal, ok } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StackEvent } from '@fettle/sdk/api/documents';
import type { StatusDocument } from '@fettle/sdk/api/status';
import { root } from '../live-shop.ts';
import { startLiveApi, type LiveApi } from './live-api.ts';

let live: LiveApi;
beforeAll(async () => {
  live = await startLiveApi();
});
afterAll(() => live.stop());

const promtool = spawnSync('promtool', ['--version']).status === 0;
const json = async <Document>(path: string): Promise<Document> =>
  (await live.get(path)).json() as Promise<Document>;

function checkMetrics(text: string): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text });
  return { status, stderr: String(stderr) };
}

test('promtool is there under CI', () => ok(promtool || process.env['CI'] !== 'true'));
test.skipIf(!promtool)(
  'promtool finds nothing to say about /metrics (skipped: no promtool)',
  async () => {
    const text = await (await live.get('/metrics')).text();
    for (const name of [
      'fettle_service_up',
      'fettle_service_state',
      'fettle_service_restarts_total',
      'fettle_service_startup_failures_total',
      'fettle_check_duration_seconds',
      'fettle_active_connections',
      'fettle_build_info',
      'process_resident_memory_bytes',
    ])
      ok(text.includes(`# TYPE ${name} `), name);
    deepEqual(checkMetrics(text), { status: 0, stderr: '' });
  },
);
test.skipIf(!promtool)('promtool does find a broken exposition', () =>
  expect(checkMetrics('# TYPE a counter\na{b=} 1\n').status).not.toBe(0),
);

test('the OpenAPI document has no finding', async () => {
  const path = join(live.dir, 'openapi.json');
  writeFileSync(path, await (await live.get('/api/openapi.json')).text());
  const { code, output } = await redocly(path);
  equal(code, 0, output);
  writeFileSync(
    path,
    '{"openapi":"3.1.0","info":{"title":"x","version":"1"},"paths":{"/a":{"get":{}}}}',
  );
  ok((await redocly(path)).code !== 0);
});

const journal = async (): Promise<readonly StackEvent[]> =>
  (await json<{ events: StackEvent[] }>('/api/v1/events?limit=1000')).events;

test('a killed controller comes back with the same journal, nothing doubled', async () => {
  const before = await journal();
  const { controllerPid } = live.daemon();
  ok(controllerPid !== null);
  process.kill(controllerPid, 'SIGKILL');
  await expect
    .poll(
      async () => {
        const status = await json<StatusDocument>('/api/v1/status').catch(() => null);
        const { daemon } = status ?? {};
        return daemon?.supervisorConnected === true && daemon.controllerPid !== controllerPid;
      },
      { timeout: 15_000 },
    )
    .toBe(true);
  const after = await journal();
  deepEqual(after.slice(0, before.length), before);
  const runs = after
    .filter(({ kind }) => kind === 'service.started' || kind === 'service.ended')
    .map(({ kind, data }) => `${kind} ${String(data['token'])}`);
  equal(new Set(runs).size, runs.length);
});

type Lint = Readonly<{ code: number; output: string }>;

function redocly(path: string): Promise<Lint> {
  const { promise, resolve } = Promise.withResolvers<Lint>();
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const bin = join(root, 'node_modules/@redocly/cli/bin/cli.js');
  const options = { env, timeout: 60_000, cwd: live.dir };
  execFile(process.execPath, [bin, 'lint', path], options, (error, stdout, stderr) =>
    resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr }),
  );
  return promise;
}
