/** The health part with real servers, and a supervisor that only listens (see e2e/health for a real one). */
import { createServer, type Server } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HealthCheck, Probe } from '@fettle/core/stack/health-check';
import type { Stack } from '@fettle/core/stack/service';
import type { Notice } from '@fettle/core/supervise/effect';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { RequestBody } from '@fettle/core/supervise/protocol';
import { FettleError } from '@fettle/sdk/fettle-error';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Journal, LogsPart, SupervisorLink } from '../parts.ts';
import { openHealthPart } from './health-part.ts';

const tcp: Probe = { kind: 'tcp', host: null, port: null };
const checkOf = (probe: Probe): HealthCheck => ({
  name: 'health',
  role: 'both',
  probe,
  intervalMs: 40,
  timeoutMs: 500,
  downAfter: 3,
  upAfter: 2,
  startPeriodMs: 0,
  startIntervalMs: 0,
  required: true,
  attest: true,
});

let dir: string;
let server: Server;
let port: number;
const closers: (() => unknown)[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fettle-part-'));
  server = createServer((_, response) => response.end('ok'));
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  server.close();
  server.closeAllConnections();
  await rm(dir, { recursive: true, force: true });
});

const ignore = (): void => {};

function openPart(probe: Probe, more: Partial<InstanceView> = {}, refuse = false) {
  const listeners = { notice: ignore as (notice: Notice, atMs: number) => void, snapshot: ignore };
  const world = { refuse };
  const requests: RequestBody[] = [];
  const told: string[] = [];
  let hear: Parameters<LogsPart['onLines']>[0] = ignore;
  const view = {
    instance: 'api.1',
    service: 'api',
    state: 'running',
    sinceMs: Date.now(),
    token: 't-1',
    pid: process.pid,
    shimPid: null,
    startedAtMs: Date.now(),
    ready: false,
    port: { instance: 'api.1', port, host: '127.0.0.1', fallbackFrom: null },
    spool: null,
    ...more,
  } as unknown as InstanceView;
  const service = {
    name: 'api',
    healthChecks: [checkOf(probe)],
    dependsOn: [],
    environment: { COLOUR: 'green' },
    workingDir: dir,
    externalUrl: null,
  };
  const views = new Map([['api.1', view]]);
  const link = {
    connected: () => true,
    stack: () => ({ services: [service] }) as unknown as Stack,
    instances: () => [...views.values()],
    instance: (id: string) => views.get(id) ?? null,
    request(body: RequestBody) {
      requests.push(body);
      if (!world.refuse) return Promise.resolve(null);
      return Promise.reject(new FettleError('E-DAEMON-UNREACHABLE', 'away', { hint: 'wait' }));
    },
    onNotice: (listener: typeof listeners.notice) => {
      listeners.notice = listener;
      return () => {};
    },
    onSnapshot: (listener: () => void) => {
      listeners.snapshot = listener;
      return () => {};
    },
  } as unknown as SupervisorLink;
  const journal = { append: ({ text }: { text: string }) => told.push(text) } as unknown as Journal;
  const logs = {
    onLines: (listener: typeof hear) => {
      hear = listener;
      return () => {};
    },
    tail: () => Promise.resolve([]),
  } as unknown as LogsPart;
  const part = openHealthPart({ link, journal, logs, stateDir: dir });
  closers.push(() => part.stop());
  return {
    part,
    requests,
    told,
    views,
    listeners,
    world,
    view,
    say: (line: string) => hear('api.1', 't-1', [line], 0),
  };
}
const report = (ready: boolean) => ({ kind: 'health', token: 't-1', ready, alive: true });

test('what is up is reported, and read by others', async () => {
  const { part, requests } = openPart(tcp);
  await expect.poll(() => requests, { timeout: 5_000 }).toContainEqual(report(true));
  expect(part.checks('api.1')[0]).toMatchObject({ up: true, attested: true, kind: 'tcp' });
  expect(part.marks('api')[0]).toBe('ok');
  const [durations] = part.durations();
  expect(durations).toMatchObject({ service: 'api', check: 'health' });
  expect(durations?.histogram.counts.at(-1)).toBe(durations?.histogram.count);
  expect(part.failing('api.1')).toEqual([]);
  expect(part.flapping('api')).toBe(false);
  expect(part.ping('x', 'ok', '')).toBe(false);
});

test('what the supervisor did not hear is said again', async () => {
  const { requests, world } = openPart(tcp, {}, true);
  await expect.poll(() => requests.length, { timeout: 5_000 }).toBe(1);
  world.refuse = false;
  await expect.poll(() => requests.length, { timeout: 5_000 }).toBe(2);
  expect(requests[1]).toEqual(report(true));
});

test('a snapshot says everything again', async () => {
  const { requests, listeners } = openPart(tcp);
  await expect.poll(() => requests.length, { timeout: 5_000 }).toBe(1);
  listeners.snapshot();
  expect(requests).toEqual([report(true), report(true)]);
});

test('a run that ended is no longer probed', async () => {
  const { part, requests, views, listeners, view } = openPart(tcp);
  await expect.poll(() => requests.length, { timeout: 5_000 }).toBe(1);
  const gone = { ...view, state: 'backing-off', token: null } as InstanceView;
  views.set('api.1', gone);
  listeners.notice({ kind: 'instance-changed', view: gone, cause: 'ended' }, Date.now());
  expect(part.checks('api.1')).toEqual([]);
  listeners.notice({ kind: 'instance-removed', instance: 'api.1' }, Date.now());
  expect(part.healing('api.1')).toBe(false);
});

test('a log check reads what was said before it listened, then what is said', async () => {
  const spool = join(dir, 'run.log');
  await writeFile(spool, 'booting\nready to serve\n');
  const probe: Probe = { kind: 'log', ready: 'ready to', failing: 'lost' };
  const { part, requests, say, told } = openPart(probe, { spool });
  await expect.poll(() => requests, { timeout: 5_000 }).toContainEqual(report(true));
  say('lost the queue');
  await expect.poll(() => requests, { timeout: 5_000 }).toContainEqual(report(false));
  expect(part.failing('api.1')[0]).toMatchObject({
    everUp: true,
    result: { detail: 'log says lost the queue' },
  });
  expect(told.at(-1)).toContain('health is down: log says lost the queue');
});

test('a command runs in the environment of the definition when no process can be asked', async () => {
  const command = ['sh', '-c', 'test "$COLOUR$PORT" = "green$0"', `${port}`];
  const { requests } = openPart({ kind: 'exec', command }, { pid: null });
  await expect.poll(() => requests, { timeout: 5_000 }).toContainEqual(report(true));
});

test('a check that cannot work fails with the reason', async () => {
  const { part } = openPart({ kind: 'log', ready: '(', failing: null });
  await expect.poll(() => part.checks('api.1')[0]?.up, { timeout: 5_000 }).toBe(false);
  expect(part.checks('api.1')[0]?.lastDetail).toMatch(/pattern \( cannot be read/);
});

test('a silenced check is asked on, and nobody hears of it as a failure', async () => {
  const { part, requests } = openPart({ kind: 'tcp', host: null, port: 1 });
  await expect.poll(() => requests, { timeout: 5_000 }).toContainEqual(report(false));
  const seen: unknown[] = [];
  part.silence({ service: 'api', check: 'health', untilMs: Date.now() + 60_000 });
  part.onProbe(({ check, up }) => seen.push([check.required, up]));
  expect(requests.at(-1)).toEqual(report(true));
  await expect.poll(() => seen, { timeout: 5_000 }).toContainEqual([false, null]);
  part.unsilence('api', 'health');
  expect(requests.at(-1)).toEqual(report(false));
});
