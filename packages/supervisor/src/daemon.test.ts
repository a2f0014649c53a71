import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { Snapshot, SupervisorInfo } from '@fettle/core/supervise/protocol';
import type { Service } from '@fettle/core/stack/service';
import { readProcessStat } from '@fettle/proc/process-stat';
import { listProcesses, listRunTokens } from '@fettle/proc/process-tree';
import { type StatePaths, statePaths } from '@fettle/sdk/daemon/paths';
import { connectSupervisor, type SupervisorClient } from '@fettle/sdk/daemon/supervisor-client';
import { type Daemon, startDaemon } from './daemon.ts';
import { sendSignal } from './send-signal.ts';

let paths: StatePaths;
let daemon: Daemon | null = null;
let client: SupervisorClient;
let halted: Promise<void>;

beforeEach(async () => {
  paths = statePaths(mkdtempSync(join(tmpdir(), 'fettle-daemon-')), {});
  await start();
});
afterEach(async () => {
  client.close();
  daemon?.leave();
  daemon = null;
  // Again and again: a shim may fork between the look and the kill.
  await until('all gone', () => {
    for (const pid of members()) sendSignal(pid, 'SIGKILL');
    return members().length === 0 ? true : null;
  });
  rmSync(paths.stackDir, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  halted = promise;
  daemon = await startDaemon({ paths, controllerPath: null, version: '1', onHalt: resolve });
  client = await connectSupervisor({ socketPath: () => paths.supervisorSocket, client: 'test' });
}

/** As a kill would, this leaves the services; unlike a kill it frees the lock in our process. */
async function startAgain(): Promise<void> {
  client.close();
  daemon?.leave();
  await until('the lock is free', () =>
    start().then(
      () => true,
      () => null,
    ),
  );
}

function service(name: string, text: string, more: Partial<Service> = {}): Service {
  return {
    name,
    command: ['/bin/sh', '-c', text],
    workingDir: paths.stackDir,
    environment: {},
    dependsOn: [],
    restart: 'always',
    oneShot: false,
    rerun: 'unsafe',
    intensity: { count: 5, periodMs: 60_000, backoff: { baseMs: 100, maxMs: 30_000 } },
    replicas: 1,
    minReplicas: 1,
    maxReplicas: 3,
    port: null,
    portClass: null,
    healthChecks: [],
    stopSignal: 'SIGTERM',
    stopGraceMs: 500,
    limits: { memoryBytes: null, cpus: null, openFiles: null, processes: null },
    templates: [],
    required: true,
    external: false,
    externalUrl: null,
    labels: {},
    place: { file: 'fettle.yaml', line: 1, column: 1 },
    ...more,
  };
}

async function apply(services: readonly Service[]): Promise<void> {
  const dir = paths.stackDir;
  const stack = { name: 'test', dir, files: [], configModifiedAtMs: 0, services };
  const body = { ...stack, reservedPorts: [] };
  await client.request({ kind: 'apply', stack: body, actor: 'test' });
}

async function until<Value>(
  what: string,
  look: () => Promise<Value | null> | Value | null,
): Promise<Value> {
  const untilMs = performance.now() + 10_000;
  for (;;) {
    const value = await look();
    if (value !== null) return value;
    ok(performance.now() < untilMs, what);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function views(accept: (views: readonly InstanceView[]) => boolean) {
  return until('the instances are as wanted', async () => {
    const { instances } = (await client.request({ kind: 'snapshot' })) as Snapshot;
    return accept(instances) ? instances : null;
  });
}

function members(): number[] {
  return [...listRunTokens(listProcesses())].flatMap(([pid, token]) =>
    token.startsWith(paths.hash.slice(0, 8)) ? [pid] : [],
  );
}

const isUp = (all: readonly InstanceView[]): boolean =>
  all.length > 0 && all.every(({ pid }) => pid !== null);
const command = (name: string): Record<string, unknown> & { kind: string } => ({
  kind: 'command',
  command: name,
  services: ['a'],
  actor: 'test',
});

test('a crash is followed by another run, with the reason', async () => {
  await apply([service('a', 'exec sleep 100')]);
  const [before] = await views(isUp);
  process.kill(before?.pid ?? 0, 'SIGKILL');
  const [after] = await views(([view]) => view?.restarts === 1 && view.pid !== null);
  deepEqual([after?.startReason, after?.lastExit?.posixSignal], ['crash', 'SIGKILL']);
  const info = (await client.request({ kind: 'info' })) as SupervisorInfo;
  deepEqual([info.pid, info.runLogDurable, info.controllerPid], [process.pid, true, null]);
});

test('the next daemon adopts who lives and knows how the others ended', async () => {
  const gate = join(paths.stackDir, 'gate');
  const job = { oneShot: true, restart: 'no' } as const;
  const text = `while [ ! -e ${gate} ]; do sleep 0.01; done; exit 7`;
  await apply([service('a', 'exec sleep 100'), service('job', text, job)]);
  const before = await views(isUp);
  client.close();
  daemon?.leave();
  writeFileSync(gate, '');
  await until('job ended', () => (readProcessStat(before[1]?.pid ?? 0) === null ? true : null));
  await startAgain();
  const after = await views((all) => all.length === 2);
  deepEqual([after[0]?.pid, after[0]?.restarts], [before[0]?.pid, 0]);
  deepEqual([after[1]?.state, after[1]?.lastExit?.code], ['failed', 7]);
});

test('records of runs that were seen to end are tidied by the next daemon, live ones kept', async () => {
  await apply([service('a', 'exec sleep 100')]);
  const [before] = await views(isUp);
  const live = `${before?.token}.pid`;
  writeFileSync(join(paths.runsDir, 'e0-1.pid'), '4194305\n');
  writeFileSync(join(paths.runsDir, 'e0-1.exit'), '143\n');
  await startAgain();
  await views(isUp);
  deepEqual(readdirSync(paths.runsDir), [live]);
});

test('stop ends the whole tree, deaf and detached children included', async () => {
  const text = 'trap "" TERM; setsid sleep 100 & while :; do sleep 100; done';
  await apply([service('a', text)]);
  await views(isUp);
  await until('grown', () => (members().length >= 4 ? true : null));
  await client.request(command('stop'));
  await views(([view]) => view?.state === 'stopped');
  await until('nothing left', () => (members().length === 0 ? true : null));
});

test('a service in a session of its own hears the stop signal', async () => {
  const inner = 'trap "exit 9" TERM; echo ready; while :; do sleep 0.01; done';
  await apply([service('a', `exec setsid sh -c '${inner}'`, { stopGraceMs: 8_000 })]);
  const [view] = await views(isUp);
  const ready = () => (readFileSync(view?.spool ?? '', 'utf8') === 'ready\n' ? true : null);
  await until('ready', ready);
  await client.request(command('stop'));
  const [after] = await views(([now]) => now?.state === 'stopped');
  equal(after?.lastExit?.code, 9);
});

test('a stopped process is continued, a killed shim is noticed', async () => {
  await apply([service('a', 'exec sleep 100')]);
  const [view] = await views(isUp);
  const pid = view?.pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  await until('stopped', () => (readProcessStat(pid)?.state === 'T' ? true : null));
  await until('continued', () => (readProcessStat(pid)?.state === 'T' ? null : true));
  process.kill(-(view?.shimPid ?? 0), 'SIGKILL');
  const [after] = await views(([now]) => now?.restarts === 1 && now.pid !== null);
  equal(after?.lastExit?.kind, 'unknown');
});

test('a port is granted, told and released', async () => {
  const preferred = [{ from: 23_500, to: 23_599 }];
  const port = { preferred, host: '127.0.0.1', fallback: true };
  await apply([service('a', 'echo "on $PORT"; exec sleep 100', { port })]);
  const [view] = await views(isUp);
  const text = `on ${view?.port?.port}\n`;
  const printed = () => (readFileSync(view?.spool ?? '', 'utf8') === text ? true : null);
  await until('PORT is told', printed);
});

test('a program that is not there fails with words', async () => {
  await apply([service('a', '', { command: ['no-such-program'] })]);
  const [view] = await views(([now]) => now?.state === 'failed');
  equal(view?.spawnError?.message, 'no-such-program is not on the PATH');
});

test('requests are refused with a code, and counted once by key', async () => {
  await apply([service('a', 'exec sleep 100')]);
  await views(isUp);
  const ask = (body: Record<string, unknown> & { kind: string }) => client.request(body);
  await rejects(ask({ ...command('stop'), services: ['x'] }), { code: 'E-SERVICE-UNKNOWN' });
  const scale = { kind: 'scale', service: 'a', replicas: 9, actor: 'test' };
  await rejects(ask(scale), { code: 'E-SCALE-RANGE' });
  await rejects(ask({ kind: 'apply', actor: 'test' }), { code: 'E-REQUEST-UNKNOWN' });
  await rejects(ask({ kind: 'dance' }), { code: 'E-REQUEST-UNKNOWN' });
  await client.request({ ...scale, replicas: 2 }, { key: 'k' });
  const again = await client.request({ ...scale, replicas: 2 }, { key: 'k' });
  deepEqual(again, { repeated: true });
  await views((all) => all.length === 2 && isUp(all));
});

test('a second daemon is refused, and `down` ends the first', async () => {
  await apply([service('a', 'exec sleep 100'), service('b', 'exec sleep 100')]);
  await views(isUp);
  const second = startDaemon({ paths, controllerPath: null, version: '1', onHalt: () => {} });
  await rejects(second, { code: 'E-DAEMON-RUNNING' });
  await client.request({ kind: 'down', actor: 'test' });
  await halted;
  equal(existsSync(paths.daemonFile), false);
  equal(members().length, 0);
});

const names = Array.from({ length: 20 }, (_none, at) => `s${at}`);
const applyMany = () => apply(names.map((name) => service(name, 'exec sleep 100')));

test('many started together are adopted with their pids, and restarted like any other', async () => {
  await applyMany();
  const before = await views((all) => all.length === names.length && isUp(all));
  await startAgain();
  const after = await views((all) => all.length === names.length && isUp(all));
  const pids = (all: typeof before) => all.map(({ instance, pid }) => `${instance} ${pid}`);
  deepEqual(pids(after), pids(before));
  process.kill(after[3]?.pid ?? 0, 'SIGKILL');
  const [restarted] = await views((all) => all.some((view) => view.restarts === 1)).then((all) =>
    all.filter((view) => view.restarts > 0),
  );
  deepEqual(restarted?.lastExit?.posixSignal, 'SIGKILL');
  await client.request({ ...command('stop'), services: names });
  await views((all) => all.every(({ state }) => state === 'stopped'));
  await until('nothing left', () => (members().length === 0 ? true : null));
  await until('records tidied', () => (readdirSync(paths.runsDir).length === 0 ? true : null));
});

test('what is told while many start arrives whole and in order', async () => {
  const heard: number[] = [];
  const listener = await connectSupervisor({
    socketPath: () => paths.supervisorSocket,
    client: 'listener',
    onPush: ({ seq }) => heard.push(seq),
  });
  await applyMany();
  await views((all) => all.length === names.length && isUp(all));
  const { seq } = (await client.request({ kind: 'snapshot' })) as Snapshot;
  await until('all heard', () => (heard.at(-1) === seq ? true : null));
  deepEqual(
    heard,
    heard.map((_none, at) => (heard[0] ?? 0) + at),
  );
  ok(heard.length > names.length);
  listener.close();
});

test('a stop while many are being born leaves nobody', async () => {
  await applyMany();
  await client.request({ ...command('stop'), services: names });
  await views(
    (all) => all.length === names.length && all.every(({ state }) => state === 'stopped'),
  );
  await until('nothing left', () => (members().length === 0 ? true : null));
});

test('the end of the stack while many are being born leaves nobody', async () => {
  await applyMany();
  await client.request({ kind: 'down', actor: 'test' });
  await halted;
  equal(members().length, 0);
});

test('a launcher that a former daemon left starts nobody any more', async () => {
  daemon?.leave();
  const env = { ...process.env, FETTLE_RUN: `${paths.hash.slice(0, 8)}launcher-1` };
  const left = spawn('/bin/sh', ['-c', 'sleep 100; sleep 100'], { env, detached: true });
  await once(left, 'spawn');
  await startAgain();
  equal(members().length, 0);
});
