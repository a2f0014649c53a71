/** Facts are read from the real machine; what cannot be read is null. */
import { createServer, type AddressInfo } from 'node:net';
import { statePaths } from '@fettle/sdk/daemon/paths';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HealthCheck } from '@fettle/core/stack/health-check';
import { shellFacts } from '@fettle/core/loop/plan/facts/shell-facts';
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import { aService, aStack } from '../../controller.kit.ts';
import {
  sleeper,
  startActionRig,
  stillWorld,
  watchedFiles,
  type ActionRig,
} from '../actions/action-rig.kit.ts';
import type { ActionWorld } from '../actions/action-world.ts';
import { allFacts } from './all.ts';
import { answerFacts } from './answer-facts.ts';
import { mayCall } from './known-address.ts';

const aCheck: Omit<HealthCheck, 'probe'> = {
  name: 'health',
  role: 'both',
  intervalMs: 1_000,
  timeoutMs: 500,
  downAfter: 3,
  upAfter: 2,
  startPeriodMs: 0,
  startIntervalMs: 0,
  required: true,
  attest: true,
};
let rig: ActionRig;
/** A crowded machine is slow. */
const patient = { timeout: 10_000 };
let dir: string;
let world: ActionWorld;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fettle-facts-'));
  world = stillWorld(statePaths(dir, {}), aStack([]));
  rig = await startActionRig();
  await rig.apply([sleeper('api')]);
  await rig.until('api runs', (views) => views.every(({ pid }) => pid !== null));
});
afterAll(async () => {
  rmSync(dir, { recursive: true, force: true });
  await rig.end();
});

async function ask(name: string, args: readonly Value[], on = world): Promise<Value> {
  const [answer = null] = await answerFacts([{ name, args }], { timeoutMs: 2_000 }, on);
  return answer;
}

async function listener(): Promise<Readonly<{ port: number; close: () => void }>> {
  const server = createServer();
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

test('a listener accepts, a closed port refuses', async () => {
  const { port, close } = await listener();
  expect(await ask('tcp_connect', [`127.0.0.1:${port}`])).toMatchObject({ ok: true, error: null });
  close();
  expect(await ask('tcp_connect', [`localhost:${port}`])).toMatchObject({
    ok: false,
    error: 'refused',
  });
});

test('an address that the config does not name is not called', async () => {
  expect(await ask('tcp_connect', ['192.0.2.1:80', 100])).toBeNull();
  const stack = aStack([aService('api', { environment: { UPSTREAM: 'http://192.0.2.1:80/x' } })]);
  const known = { ...world, link: { ...world.link, stack: () => stack } };
  expect(await ask('tcp_connect', ['192.0.2.1:80', 100], known)).toMatchObject({ ok: false });
});

test('part of a configured host is not that host', () => {
  const stack = aStack([
    aService('api', { environment: { DB: 'postgres://u:p@db.example.com/x' } }),
  ]);
  expect(mayCall('db.example.com', stack)).toBe(true);
  for (const host of ['example.com', 'b.example.com', 'com', 'db-example.com', ''])
    expect(mayCall(host, stack)).toBe(false);
});

const give = (command: 'start' | 'stop') =>
  rig.link.request({ kind: 'command', command, services: ['api'], actor: 'test' });

test('a service is read as the kernel tells it', async () => {
  const pid = rig.view('api.1').pid ?? 0;
  expect(await ask('proc', ['api'], rig.world)).toMatchObject({
    state: 'running',
    pid,
    fd_limit: expect.any(Number),
    rss: expect.any(Number),
  });
  process.kill(pid, 'SIGSTOP');
  await expect
    .poll(() => ask('proc', ['api'], rig.world), patient)
    .toMatchObject({ state: 'stopped' });
  process.kill(pid, 'SIGCONT');
  expect(await ask('proc', ['nobody'], rig.world)).toBeNull();
  await give('stop');
  await rig.until('it stopped', (views) => views.every(({ state }) => state === 'stopped'));
  expect(await ask('proc', ['api'], rig.world)).toMatchObject({ state: 'exited', pid: null });
  await give('start');
});

test('every shell fact that expressions know is answered here, and no other', () => {
  const wanted = shellFacts.map(({ name }) => name);
  expect(allFacts.map(({ name }) => name).toSorted()).toEqual(wanted.toSorted());
});

test('who listens on a port is told in terms of the stack', async () => {
  const { port, close } = await listener();
  expect(await ask('listening', [port])).toBe(true);
  expect(await ask('port_free', [port])).toBe(false);
  expect(await ask('owner', [port])).toMatchObject({ kind: 'foreign', pid: process.pid });
  close();
  expect(await ask('listening', [port])).toBe(false);
  expect(await ask('port_free', [port])).toBe(true);
  expect(await ask('owner', [port])).toMatchObject({ kind: 'none' });
});

const server = `require('http').createServer((_, r) => { r.statusCode = 200; r.end('ok'); })
  .listen(process.env.PORT, process.env.HOST, () => console.log('on'))`;

test('a server of ours is ours, attested, pinged and asked; a left-over of ours is an orphan', async () => {
  const port = { preferred: [{ from: 18_400, to: 18_499 }], host: '127.0.0.1', fallback: true };
  const probe = { kind: 'tcp', host: null, port: null } as const;
  const own = { ...aCheck, probe };
  const command = [process.execPath, '-e', server];
  await rig.apply([sleeper('api'), sleeper('web', { command, port, healthChecks: [own] })]);
  const on = rig.world;
  await expect
    .poll(() => ask('http_get', ['web/x'], on), patient)
    .toMatchObject({ ok: true, status: 200 });
  const given = rig.view('web.1').port?.port ?? 0;
  expect(await ask('owner', [given], on)).toMatchObject({ kind: 'ours' });
  expect(await ask('attested', ['web'], on)).toBe(true);
  expect(await ask('db_ping', ['web'], on)).toMatchObject({ ok: true, error: null });
  expect(await ask('tcp_connect', ['web'], on)).toMatchObject({ ok: true });
  expect(await ask('command_exists', ['web'], on)).toBe(true);
  process.kill(rig.view('web.1').pid ?? 0, 'SIGSTOP');
  expect(await ask('http_get', ['web/x', 150], on)).toMatchObject({ ok: false, status: null });
  process.kill(rig.view('web.1').pid ?? 0, 'SIGCONT');
  const hash = rig.paths.hash.slice(0, 8);
  const old = spawn(process.execPath, ['-e', server], {
    env: { ...process.env, PORT: '18500', HOST: '127.0.0.1', FETTLE_RUN: `${hash}old-1` },
    stdio: 'ignore',
  });
  try {
    await expect.poll(() => ask('owner', [18_500], on), patient).toMatchObject({ kind: 'orphan' });
  } finally {
    old.kill('SIGKILL');
  }
});

test('a stopped PostgreSQL is silent, one that runs answers', async () => {
  const talking = createServer((socket) => void socket.once('data', () => socket.end('N')));
  await new Promise<void>((listening) => {
    talking.listen(0, '127.0.0.1', listening);
  });
  const { port } = talking.address() as AddressInfo;
  const externalUrl = `postgres://127.0.0.1:${port}/x`;
  const stack = aStack([aService('db', { external: true, externalUrl })]);
  const on = { ...world, link: { ...world.link, stack: () => stack } };
  expect(await ask('db_ping', ['db'], on)).toMatchObject({ ok: true });
  talking.removeAllListeners('connection');
  expect(await ask('db_ping', ['db', 300], on)).toMatchObject({ ok: false, error: 'silent' });
  talking.close();
});

test('files and disks', async () => {
  const file = join(dir, 'conf.json');
  writeFileSync(file, 'old');
  const ledger = watchedFiles('api', new Map([[file, 'good']]));
  const on = { ...world, ledger };
  expect(await ask('file_exists', ['conf.json'], on)).toBe(true);
  expect(await ask('file_exists', [join(dir, 'none')], on)).toBe(false);
  expect(await ask('file_changed', [file], on)).toBe(true);
  expect(await ask('has_good_version', ['api'], on)).toBe(true);
  writeFileSync(file, 'good');
  expect(await ask('file_changed', [file], on)).toBe(false);
  expect(await ask('has_good_version', ['api'], on)).toBe(false);
  expect(await ask('file_changed', ['/etc/hostname'], on)).toBeNull();
  const free = (await ask('disk_free', [dir])) as number;
  expect(free > 0 && free <= 1).toBe(true);
  expect(await ask('disk_free', [join(dir, 'none')])).toBeNull();
  expect(await ask('memory_available', [])).toBeGreaterThan(1_000_000);
});

test('a name that the config does not hold is not asked for', async () => {
  expect(await ask('resolve', ['exfiltrated.example.invalid'])).toBeNull();
  expect(await ask('resolve', ['localhost'])).toMatchObject({ ok: true });
});

test('a fact that takes too long is null, and the others are answered', async () => {
  const hung = createServer(() => undefined);
  await new Promise<void>((listening) => {
    hung.listen(0, '127.0.0.1', listening);
  });
  const { port } = hung.address() as AddressInfo;
  const calls = [
    { name: 'http_get', args: [`http://127.0.0.1:${port}/`, 60_000] },
    { name: 'listening', args: [port] },
  ];
  const beganMs = performance.now();
  const answers = await answerFacts(calls, { timeoutMs: 200 }, world);
  expect(performance.now() - beganMs).toBeLessThan(1_500);
  expect(answers[1]).toBe(true);
  expect(answers[0] === null || (answers[0] as { ok: boolean }).ok === false).toBe(true);
  hung.close();
});

test('an unknown fact is null', async () => expect(await ask('phase_of_moon', [])).toBeNull());
