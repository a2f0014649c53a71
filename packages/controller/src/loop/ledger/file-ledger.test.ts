/** Real files: edits are told, what a service proved is kept, and nothing else is. */
import { chmodSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Change } from '@fettle/core/loop/collect/change';
import type { Service } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { Notice } from '@fettle/core/supervise/effect';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aService, aStack, aView, until } from '../../controller.kit.ts';
import { openFileLedger, type FileLedger } from './file-ledger.ts';

let dir: string;
const ledgers: FileLedger[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fettle-ledger-'));
});
afterEach(async () => {
  for (const ledger of ledgers.splice(0)) await ledger.stop();
  rmSync(dir, { recursive: true, force: true });
});

const at = (name: string): string => join(dir, name);
const write = (name: string, text: string): void => writeFileSync(at(name), text);

function open(fields: Partial<Service>, view: Partial<InstanceView> = {}, keepAfterMs = 60) {
  // Beside it one that is always well: when its file is kept, the other's had its time, too.
  const other = aService('other', config('other.conf'));
  const user = aService('user', { dependsOn: [needs('api')] });
  const stack = { ...aStack([aService('api', { workingDir: dir, ...fields }), other, user]), dir };
  const views = [
    aView('api', { startedAtMs: Date.now() + 5, ...view }),
    aView('other', { startedAtMs: Date.now() + 60_000 }),
    aView('user'),
  ];
  const world = { views, up: true, userUp: true, appliedMs: 0 };
  const troubles: unknown[] = [];
  const listeners: ((notice: Notice, atMs: number) => void)[] = [];
  const ledger = openFileLedger({
    link: {
      stack: () => ({ ...stack, configModifiedAtMs: world.appliedMs }),
      instances: () => world.views,
      onSnapshot: () => () => undefined,
      onNotice(listener) {
        listeners.push(listener);
        return () => undefined;
      },
    },
    health: {
      checks: (id) =>
        [{ up: id === 'user.1' ? world.userUp : world.up || id === 'other.1' }] as never,
    },
    stateDir: join(dir, '.fettle'),
    nowMs: () => 5_000,
    keepAfterMs,
    everyMs: 40,
    sameChangeMs: 0,
    onTrouble: (cause) => troubles.push(cause),
  });
  ledgers.push(ledger);
  const changes: Change[] = [];
  ledger.onChange((change) => {
    if (change.service === 'api') changes.push(change);
  });
  const startedAt = (startedAtMs: number): void => {
    world.views = world.views.map((one) => (one.service === 'api' ? { ...one, startedAtMs } : one));
  };
  const userIs = (up: boolean): void => {
    world.userUp = up;
    for (const listener of listeners)
      listener({ kind: 'instance-changed', view: aView('user') } as never, Date.now());
  };
  return { ledger, changes, world, startedAt, userIs, troubles };
}
const needs = (service: string): Service['dependsOn'][number] => ({
  service,
  condition: 'service_healthy',
  required: true,
  restart: false,
});
const config = (name: string, secret = false) => ({ configs: [{ name, path: at(name), secret }] });
const isKept = (ledger: FileLedger, name: string, text: string) =>
  until(() => ledger.goodVersion(at(name))?.bytes.toString() === text);

test('a version with which the service stayed well is good; an edit differs from it', async () => {
  write('app.conf', 'a=1');
  const { ledger, changes } = open(config('app.conf'));
  await isKept(ledger, 'app.conf', 'a=1');
  expect(changes).toEqual([]);
  write('app.conf', 'a=oops');
  await until(() => changes.length === 1);
  const change = { kind: 'config', service: 'api', actor: 'file system' };
  const { atMs = 0 } = changes[0] ?? {};
  expect(changes).toEqual([{ ...change, atMs, text: 'app.conf edited', path: at('app.conf') }]);
  const state = { changedAtMs: atMs, differsFromGood: true, hasGood: true };
  expect(ledger.state(at('app.conf'))).toEqual(state);
});
test('an edit is dated by the file, however late it is seen', async () => {
  write('app.conf', 'a=1');
  const { ledger, changes } = open(config('app.conf'));
  await isKept(ledger, 'app.conf', 'a=1');
  const wroteMs = performance.now();
  write('app.conf', 'a=2');
  while (performance.now() - wroteMs < 200);
  await until(() => changes.length === 1);
  const ago = 5_000 - (changes[0]?.atMs ?? 0);
  expect(ago).toBeGreaterThan(180);
  expect(ago).toBeLessThan(performance.now() - wroteMs + 20);
});
test('an edit under a living run proves nothing until it is started again', async () => {
  write('app.conf', 'a=1');
  const { ledger, changes, startedAt } = open(config('app.conf'));
  await isKept(ledger, 'app.conf', 'a=1');
  write('app.conf', 'a=2');
  await until(() => changes.length === 1);
  write('other.conf', 'later');
  await isKept(ledger, 'other.conf', 'later');
  expect(ledger.goodVersion(at('app.conf'))?.bytes.toString()).toBe('a=1');
  startedAt(Date.now() + 1_000);
  await isKept(ledger, 'app.conf', 'a=2');
});
test('a service that is not well proves nothing', async () => {
  write('app.conf', 'a=1');
  const { ledger, world } = open(config('app.conf'));
  world.up = false;
  write('other.conf', 'later');
  await isKept(ledger, 'other.conf', 'later');
  expect(ledger.goodVersion(at('app.conf'))).toBeNull();
  world.up = true;
  await isKept(ledger, 'app.conf', 'a=1');
});
test('nor one that is green and fails its users', async () => {
  write('app.conf', 'password=1');
  const { ledger, changes, startedAt } = open(config('app.conf'));
  await isKept(ledger, 'app.conf', 'password=1');
  write('app.conf', 'password=2');
  await until(() => changes.length === 1);
  ledger.doubt((service) => service === 'api');
  startedAt(Date.now() + 1_000);
  write('other.conf', 'later');
  await isKept(ledger, 'other.conf', 'later');
  expect(ledger.state(at('app.conf'))).toMatchObject({ differsFromGood: true });
  ledger.doubt(() => false);
  await isKept(ledger, 'app.conf', 'password=2');
});
test('nor one that is well while those who need it fell ill with the edit', async () => {
  write('app.conf', 'version=1');
  const { ledger, changes, userIs, startedAt } = open(config('app.conf'));
  await isKept(ledger, 'app.conf', 'version=1');
  write('app.conf', 'version=2');
  await until(() => changes.length === 1);
  startedAt(Date.now() + 1_000);
  userIs(false);
  write('other.conf', 'later');
  await isKept(ledger, 'other.conf', 'later');
  expect(ledger.state(at('app.conf'))).toMatchObject({ differsFromGood: true });
  userIs(true);
  await isKept(ledger, 'app.conf', 'version=2');
});
test('who was ill before the edit says nothing of it', async () => {
  write('app.conf', 'a=1');
  const { ledger, changes, userIs, startedAt } = open(config('app.conf'));
  await isKept(ledger, 'app.conf', 'a=1');
  userIs(false);
  // A file's times are those of the kernel's last tick.
  const illMs = Date.now();
  await until(() => Date.now() > illMs + 20);
  write('app.conf', 'a=2');
  await until(() => changes.length === 1);
  startedAt(Date.now() + 1_000);
  await isKept(ledger, 'app.conf', 'a=2');
});
test('removed, replaced by rename, made anew: each is told', async () => {
  write('app.conf', 'a=1');
  const { ledger, changes } = open(config('app.conf'));
  await isKept(ledger, 'app.conf', 'a=1');
  const told = async (count: number) => {
    await until(() => changes.length === count);
    return changes.at(-1)?.text;
  };
  write('new.conf', 'a=2');
  renameSync(at('new.conf'), at('app.conf'));
  expect(await told(1)).toBe('app.conf edited');
  rmSync(at('app.conf'));
  await until(() => ledger.state(at('app.conf'))?.differsFromGood === true && changes.length === 2);
  expect(changes.at(-1)?.text).toBe('app.conf removed');
  write('app.conf', 'a=3');
  expect(await told(3)).toBe('app.conf created');
});
test('what we put back ourselves is ours, not an intervention', async () => {
  write('app.conf', 'a=1');
  const { ledger, changes } = open(config('app.conf'));
  await isKept(ledger, 'app.conf', 'a=1');
  write('app.conf', 'a=2');
  await until(() => changes.length === 1);
  write('app.conf', 'a=1');
  await until(() => changes.length === 2);
  expect(changes[1]).toMatchObject({ kind: 'runbook', actor: 'fettle', text: 'app.conf put back' });
});
test('a secret is kept for its owner alone and marked', async () => {
  write('key.txt', 'hush');
  const { ledger } = open(config('key.txt', true));
  await isKept(ledger, 'key.txt', 'hush');
  expect(ledger.watched()).toContainEqual({ path: at('key.txt'), service: 'api', secret: true });
  const hash = ledger.goodVersion(at('key.txt'))?.hash ?? '';
  expect(statSync(at(`.fettle/good/${hash}`)).mode & 0o777).toBe(0o600);
  expect(statSync(at('.fettle/good')).mode & 0o777).toBe(0o700);
});
test('what changed while nobody watched is told, and the good version survives', async () => {
  write('app.conf', 'a=1');
  const first = open(config('app.conf'));
  await isKept(first.ledger, 'app.conf', 'a=1');
  await first.ledger.stop();
  write('app.conf', 'a=2');
  const second = open(config('app.conf'), { startedAtMs: 1 });
  await until(() => second.changes.length === 1);
  expect(second.ledger.goodVersion(at('app.conf'))?.bytes.toString()).toBe('a=1');
});
test("a service's own data is left alone after some changes", async () => {
  write('state.json', '0');
  const { ledger, changes } = open({ command: ['server', 'state.json'] });
  await isKept(ledger, 'state.json', '0');
  for (let round = 1; round <= 4; round += 1) {
    write('state.json', String(round));
    await until(() => changes.length === round);
  }
  write('state.json', '5');
  await until(() => ledger.watched().every(({ service }) => service !== 'api'));
  expect(changes.length).toBe(4);
});
test('an env file proves itself once it was applied', async () => {
  write('api.env', 'A=1');
  const { ledger, world } = open({ envFiles: [at('api.env')] });
  write('other.conf', 'later');
  await isKept(ledger, 'other.conf', 'later');
  expect(ledger.goodVersion(at('api.env'))).toBeNull();
  expect(ledger.watched()).toContainEqual({ path: at('api.env'), service: 'api', secret: true });
  world.appliedMs = Date.now();
  await isKept(ledger, 'api.env', 'A=1');
});
test.skipIf(process.getuid?.() === 0)(
  'a folder that takes nothing is a trouble, not an end',
  () => {
    write('app.conf', 'a=1');
    const { troubles } = open(config('app.conf'));
    chmodSync(at('.fettle/good'), 0o500);
    return until(() => troubles.length > 0);
  },
);
