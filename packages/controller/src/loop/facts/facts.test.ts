/** Facts are read from the real machine; what cannot be read is null. */
import { createServer, type AddressInfo } from 'node:net';
import { statePaths } from '@fettle/sdk/daemon/paths';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import { aService, aStack } from '../../controller.kit.ts';
import { sleeper, startActionRig, stillWorld, type ActionRig } from '../actions/action-rig.kit.ts';
import type { ActionWorld } from '../actions/action-world.ts';
import { answerFacts } from './answer-facts.ts';
import { mayCall } from './known-address.ts';

let rig: ActionRig;
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
    error: 'ECONNREFUSED',
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

test('a service is read as the kernel tells it', async () => {
  const answer = await ask('proc', ['api'], rig.world);
  expect(answer).toMatchObject({ state: 'S', pid: rig.view('api.1').pid });
  process.kill(rig.view('api.1').pid ?? 0, 'SIGSTOP');
  await expect.poll(() => ask('proc', ['api'], rig.world)).toMatchObject({ state: 'T' });
  process.kill(rig.view('api.1').pid ?? 0, 'SIGCONT');
  expect(await ask('proc', ['nobody'], rig.world)).toBeNull();
  await rig.link.request({ kind: 'command', command: 'stop', services: ['api'], actor: 'test' });
  await rig.until('it stopped', (views) => views.every(({ state }) => state === 'stopped'));
  expect(await ask('proc', ['api'], rig.world)).toMatchObject({ state: 'exited', processes: 0 });
});

test('an unknown fact is null', async () => expect(await ask('phase_of_moon', [])).toBeNull());
