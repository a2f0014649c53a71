import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { Service, Stack } from '@fettle/core/stack/service';
import type { Notice } from '@fettle/core/supervise/effect';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { RunExit } from '@fettle/core/supervise/run';
import { createJournal } from '../journal.ts';
import { eventsOfNotice } from '../notice-events.ts';
import type { SupervisorLink, WhyPart } from '../parts.ts';
import { memoryStore } from '../stores/memory.ts';
import { findOomKill } from './oom-line.ts';
import { createWhy, type WhyDeps } from './why-part.ts';

const started: WhyPart[] = [];
afterEach(async () => {
  for (const part of started.splice(0)) await part.stop();
});

const service = (name: string, more: Partial<Service> = {}): Service => ({
  name,
  command: ['node', 'server.mjs'],
  workingDir: '/tmp',
  environment: {},
  dependsOn: [],
  restart: 'always',
  oneShot: false,
  rerun: 'unsafe',
  intensity: { count: 5, periodMs: 60_000, backoff: { baseMs: 100, maxMs: 30_000 } },
  replicas: 1,
  minReplicas: 1,
  maxReplicas: 1,
  port: null,
  portClass: null,
  healthChecks: [],
  stopSignal: 'SIGTERM',
  stopGraceMs: 1_000,
  limits: { memoryBytes: null, cpus: null, openFiles: null, processes: null },
  templates: [],
  required: true,
  external: false,
  externalUrl: null,
  labels: {},
  place: { file: 'fettle.yaml', line: 1, column: 1 },
  ...more,
});
const needs = (name: string) =>
  ({ service: name, condition: 'service_healthy', required: true, restart: false }) as const;

const running = (name: string, more: Partial<InstanceView> = {}): InstanceView => ({
  instance: `${name}.1`,
  service: name,
  replica: 1,
  state: 'running',
  sinceMs: Date.now(),
  token: `e1-${name}`,
  pid: process.pid,
  shimPid: null,
  startedAtMs: Date.now() - 5_000,
  startReason: 'first-start',
  ready: true,
  port: null,
  restarts: 0,
  restartsByReason: {},
  lastExit: null,
  lastToken: null,
  nextStartAtMs: null,
  waitingFor: [],
  missingOptional: [],
  spawnError: null,
  portTrouble: null,
  configHash: 'x',
  spool: null,
  rssBytes: null,
  ...more,
});
const endOf = (code: number, posixSignal: string | null = null): Partial<InstanceView> => {
  const kind = posixSignal === null ? 'code' : 'signal';
  const lastExit: RunExit = { kind, code, posixSignal, endedBy: null, atMs: Date.now() };
  return {
    state: 'backing-off',
    ready: false,
    token: null,
    pid: null,
    lastExit,
    lastToken: 'e1-x',
  };
};

/** The part over a link whose notices the test gives, a real journal, and lines by run token. */
function setUp(
  services: readonly Service[],
  lines: Record<string, readonly string[]> = {},
  files: readonly string[] = [],
) {
  const views = new Map(services.map(({ name }) => [`${name}.1`, running(name)]));
  const listeners = new Set<(notice: Notice, atMs: number) => void>();
  const journal = createJournal(memoryStore(), { nowMs: Date.now });
  const stack = { name: 's', dir: '/tmp', files, configModifiedAtMs: 0, services } as const;
  const link = {
    stack: (): Stack => ({ ...stack, reservedPorts: [] }),
    instances: () => [...views.values()],
    instance: (id: string) => views.get(id) ?? null,
    onNotice(listener: (notice: Notice, atMs: number) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onSnapshot: () => () => {},
  } as unknown as SupervisorLink;
  const health: WhyDeps['health'] = {
    checks: () => [],
    failing: () => [],
    flapping: () => false,
    healing: () => false,
  };
  const logs = { tail: (_id: string, token: string) => Promise.resolve(lines[token] ?? []) };
  const part = createWhy({ link, health, logs, journal });
  started.push(part);
  const change = (view: InstanceView): void => {
    const before = views.get(view.instance) ?? null;
    const notice: Notice = { kind: 'instance-changed', view, cause: 'test' };
    views.set(view.instance, view);
    journal.appendAll(eventsOfNotice(notice, before, Date.now()), null);
    for (const listener of listeners) listener(notice, Date.now());
  };
  return { part, change, journal };
}

/** Resolves with the sentence of the service once it is told to have changed. */
async function changed(part: WhyPart, name: string): Promise<string | null> {
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new DOMException('no word', 'TimeoutError')), 5_000);
    const dispose = part.onChange((service) => {
      if (service !== name) return;
      clearTimeout(late);
      dispose();
      resolve();
    });
  });
  return part.why(name)?.sentence ?? null;
}

test('an end is explained from its last lines within a moment', async () => {
  const { part, change } = setUp([service('api')], {
    'e1-x': ['Error: connect ECONNREFUSED 127.0.0.1:1', '    at node:net:1:1'],
  });
  expect(part.why('api')).toBe(null);
  const beganMs = performance.now();
  const word = changed(part, 'api');
  change(running('api', endOf(1)));
  expect(await word).toBe('connection to 127.0.0.1:1 refused: nothing listens there');
  expect(performance.now() - beganMs).toBeLessThan(1_000);
  const back = changed(part, 'api');
  change(running('api', { token: 'e1-y', startedAtMs: Date.now() }));
  expect(await back).toBe(null);
});

test('the real owner of a taken port is named with pid and command', async () => {
  const held = spawn(
    process.execPath,
    [
      '-e',
      "const s=require('net').createServer().listen(0,'127.0.0.1',()=>console.log(s.address().port))",
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const signal = AbortSignal.timeout(10_000);
    const [text] = (await once(held.stdout, 'data', { signal })) as [Buffer];
    const port = Number(String(text).trim());
    const { part, change } = setUp([service('api')], {
      'e1-x': [`Error: listen EADDRINUSE: address already in use 127.0.0.1:${port}`],
    });
    const word = changed(part, 'api');
    change(running('api', endOf(1)));
    expect(await word).toMatch(
      new RegExp(`^port ${port} is taken by pid ${held.pid} \\(.*node.*not ours\\)$`),
    );
  } finally {
    held.kill('SIGKILL');
  }
});

test('a dependant quotes what ails its dependency, and hears when it is better', async () => {
  const web = service('web', { dependsOn: [needs('api')] });
  const { part, change } = setUp([web, service('api')], {
    'e1-x': ['Error: ENOSPC: no space left on device, write'],
  });
  const word = changed(part, 'web');
  change(running('api', endOf(1)));
  expect(await word).toBe('needs api, which is failing; the disk is full');
  const better = changed(part, 'web');
  change(running('api', { token: 'e1-y' }));
  expect(await better).toBe(null);
});

test('a service that came back after a kill says so', async () => {
  const { part, change } = setUp([service('api')]);
  const word = changed(part, 'api');
  const { lastExit, lastToken } = endOf(137, 'SIGKILL');
  change(
    running('api', {
      lastExit: lastExit ?? null,
      lastToken: lastToken ?? null,
      token: 'e1-z',
      startedAtMs: Date.now(),
    }),
  );
  expect(await word).toMatch(/^restarted \d+ms ago: killed by SIGKILL, not by Fettle$/);
  expect((await part.explain('api'))?.cause).toBe('restarted');
});

test('a change shortly before is named, a first start is not', async () => {
  const { part, change, journal } = setUp([service('api')], { 'e1-x': ['ERROR bad price list'] });
  const base = { service: 'api', instance: null, severity: 'info', data: {} } as const;
  journal.append({
    ...base,
    kind: 'stack.changed',
    text: 'api added: new',
    data: { change: 'added' },
  });
  journal.append({
    ...base,
    kind: 'stack.changed',
    text: 'api updated: environment',
    data: { change: 'updated' },
  });
  const word = changed(part, 'api');
  change(running('api', endOf(4)));
  expect(await word).toMatch(
    /it said: ERROR bad price list; began \d+ms after api updated: environment/,
  );
});

test('what Fettle saw in a hang is part of the sentence', async () => {
  const { part, change, journal } = setUp([service('api')]);
  const data = { verdict: 'busy loop: 99 % of a core in pid 41 (node)' };
  journal.append({
    kind: 'healing.killed',
    service: 'api',
    instance: 'api.1',
    severity: 'error',
    text: 'x',
    data,
  });
  const word = changed(part, 'api');
  const end = endOf(137, 'SIGKILL');
  change(running('api', { ...end, lastExit: { ...(end.lastExit as RunExit), endedBy: 'hang' } }));
  expect(await word).toContain('busy loop: 99 % of a core');
});

test('a service that was stopped from outside and continued says so', async () => {
  const { part, journal } = setUp([service('api')]);
  const word = changed(part, 'api');
  journal.append({
    kind: 'service.continued',
    service: 'api',
    instance: 'api.1',
    severity: 'warn',
    text: 'x',
    data: {},
  });
  expect(await word).toMatch(/had been stopped from outside \(SIGSTOP\); Fettle continued it/);
});

test('a sentence about a former view is not told once the service is fine', async () => {
  const { part, change } = setUp([service('api')], { 'e1-x': ['ERROR bad price list'] });
  const word = changed(part, 'api');
  change(running('api', endOf(4)));
  expect(await word).toContain('bad price list');
  change(running('api', { token: 'e1-y' }));
  expect(part.why('api')).toBe(null);
});

test('a sentence about a start is not told beside ok', async () => {
  const { part, change } = setUp([service('api')]);
  const ago = {
    ...endOf(1),
    lastExit: { ...(endOf(1).lastExit as RunExit), atMs: Date.now() - 60_000 },
  };
  const { lastExit, lastToken } = ago as Pick<InstanceView, 'lastExit' | 'lastToken'>;
  const young = { lastExit, lastToken, startedAtMs: Date.now() - 20_000 };
  const word = changed(part, 'api');
  change(running('api', { ...young, ready: false, token: 'e1-y' }));
  expect(await word).toMatch(/^is starting for/);
  change(running('api', { ...young, token: 'e1-y' }));
  expect(part.why('api')).toBe(null);
});

test('a stop from outside is the past of another run', async () => {
  const { part, change, journal } = setUp([service('api')]);
  const word = changed(part, 'api');
  const base = {
    service: 'api',
    instance: 'api.1',
    severity: 'warn',
    text: 'x',
    data: {},
  } as const;
  journal.append({ ...base, kind: 'service.continued' });
  expect(await word).toMatch(/SIGSTOP/);
  const startedAtMs = Date.now() + 5;
  change(running('api', { token: 'e1-y', startedAtMs }));
  expect(await part.explain('api')).toBe(null);
});

test('what people asked for is no cause', async () => {
  const web = service('web', { dependsOn: [needs('api')] });
  const { part, change, journal } = setUp([web, service('api')], { 'e1-x': ['ERROR bad list'] });
  for (const name of ['web', 'api'])
    for (const command of ['down', 'up', 'stop'])
      journal.append({
        kind: 'command.taken',
        service: name,
        instance: null,
        severity: 'info',
        text: `cli asked to ${command} ${name}`,
        data: { command },
      });
  const word = changed(part, 'web');
  change(running('web', endOf(4)));
  expect(await word).not.toContain('asked to');
});

test('a newer config is no reason in the list, only a note for who asks', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fettle-why-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'fettle.yaml');
  writeFileSync(file, '');
  const { part, change } = setUp([service('api')], {}, [file]);
  const { lastExit, lastToken } = endOf(0) as Pick<InstanceView, 'lastExit' | 'lastToken'>;
  const view = { lastExit, lastToken, token: 'e1-y', startedAtMs: Date.now() - 60_000 };
  change(running('api', view));
  expect((await part.explain('api'))?.cause).toBe('config-newer');
  expect(part.why('api')).toBe(null);
});

test('an unknown service has no why', async () => {
  const { part } = setUp([service('api')]);
  expect(await part.explain('nobody')).toBe(null);
});

test('the kernel line of the right process is found', () => {
  const line = 'Out of memory: Killed process 412 (python3) total-vm:1kB, anon-rss:2kB';
  expect(findOomKill(`[ 1.0] x\n[ 2.0] ${line}\n[ 3.0] Killed process 4120 (x)`, 412)).toBe(line);
  expect(findOomKill('nothing', 412)).toBe(null);
});

test('a port that a former owner freed is not blamed on anybody', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening', { signal: AbortSignal.timeout(5_000) });
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close', { signal: AbortSignal.timeout(5_000) });
  const { part, change } = setUp([service('api')], {
    'e1-x': [`Error: listen EADDRINUSE: address already in use :::${port}`],
  });
  const word = changed(part, 'api');
  change(running('api', endOf(1)));
  expect(await word).toBe(`port ${port} was taken when it started (free by now)`);
});
