/** The daemon, or the command that drives it, is taken away at awkward moments. */
import { readFileSync, rmSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { isLive, readProcessStat } from '@fettle/proc/process-stat';
import { roughStack, until, type RoughStack } from './rough-stack.ts';

let stack: RoughStack;
afterEach(async () => expect(await stack.remove()).toEqual([]));

const slow = `trap 'sleep 2; exit 0' TERM; while :; do sleep 0.05; done`;
const trio = `name: rough
services:
  db: {command: sleep 1000}
  web: {command: sleep 1001, depends_on: [db]}
  slow: {command: ["sh", "-c", "${slow}"], stop_grace_period: 8s}
`;

test('an up that comes while a down runs wins, and the down says so at once', async () => {
  stack = roughStack({ 'fettle.yaml': trio });
  await stack.fettle('up', '-d');
  const down = stack.start(['down']);
  await until(
    () =>
      stack.service('db').then(
        ({ state }) => state,
        () => 'stopped',
      ),
    (state) => state !== 'ok',
  );
  const up = await stack.fettle('up', '-d', '--wait');
  const ended = await down.ended;
  expect(up.code).toBe(0);
  expect([ended.code, ended.err.trim().split('\n').at(-1)]).toEqual([
    3,
    'the stack was started again meanwhile, by another fettle up',
  ]);
  expect(ended.tookMs).toBeLessThan(20_000);
  const { services } = await stack.status();
  expect(services.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok']);
});

test('of two ups at once both succeed, and every service runs once', async () => {
  stack = roughStack({ 'fettle.yaml': trio });
  const both = await Promise.all([stack.fettle('up', '-d'), stack.fettle('up', '-d')]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  const { services } = await stack.status();
  expect(services.map(({ state, restarts }) => [state, restarts])).toEqual([
    ['ok', 0],
    ['ok', 0],
    ['ok', 0],
  ]);
  // Two daemons, and per service its shim and itself; slow holds a sleep now and then.
  expect(stack.living().length).toBeGreaterThanOrEqual(9);
  expect(stack.living().length).toBeLessThanOrEqual(10);
});

test('down stops what a killed daemon left, without having to be told twice', async () => {
  stack = roughStack({ 'fettle.yaml': trio });
  await stack.fettle('up', '-d');
  for (const pid of [stack.supervisorPid(), stack.controllerPid()]) process.kill(pid, 'SIGKILL');
  const down = await stack.fettle('down');
  expect([down.code, stack.living()]).toEqual([0, []]);
});

test('right after its restart the controller knows all services', async () => {
  stack = roughStack({ 'fettle.yaml': trio });
  await stack.fettle('up', '-d');
  const pid = stack.controllerPid();
  process.kill(pid, 'SIGKILL');
  const { services, daemon } = await stack.status();
  expect(services.length).toBe(3);
  expect([daemon.supervisorConnected, daemon.controllerPid === pid]).toEqual([true, false]);
});

test('stop returns when the process has ended, not when it was asked to', async () => {
  stack = roughStack({ 'fettle.yaml': trio });
  await stack.fettle('up', '-d');
  const pid = (await stack.service('slow')).pid ?? 0;
  const stopped = await stack.fettle('stop', 'slow');
  expect([stopped.code, isLive(readProcessStat(pid))]).toEqual([0, false]);
});

test('a daemon that dies during its down leaves nothing behind: the next one goes on', async () => {
  stack = roughStack({ 'fettle.yaml': trio });
  await stack.fettle('up', '-d');
  const down = stack.start(['down']);
  await until(
    async () => (await stack.service('web')).state,
    (state) => state === 'stopped',
  );
  process.kill(stack.supervisorPid(), 'SIGKILL');
  const { code, err } = await down.ended;
  expect([code, stack.living()]).toEqual([0, []]);
  expect(err).toContain('another one goes on');
  // What had ended before stays ended: no service was started only to be stopped.
  const starts = readFileSync(stack.paths().runLog, 'utf8').match(/"kind":"started"/g) ?? [];
  expect(starts.length).toBeLessThanOrEqual(4);
});

test('down finds what runs also when daemon.json was lost', async () => {
  stack = roughStack({ 'fettle.yaml': trio });
  await stack.fettle('up', '-d');
  for (const pid of [stack.supervisorPid(), stack.controllerPid()]) process.kill(pid, 'SIGKILL');
  rmSync(stack.paths().daemonFile);
  expect((await stack.fettle('down')).code).toBe(0);
  expect(stack.living()).toEqual([]);
});

test('a daemon that was stopped is named, with what continues it', async () => {
  stack = roughStack({ 'fettle.yaml': trio });
  await stack.fettle('up', '-d');
  const pid = stack.supervisorPid();
  process.kill(pid, 'SIGSTOP');
  const up = await stack.fettle('up', '-d');
  process.kill(pid, 'SIGCONT');
  expect(up.code).toBe(4);
  expect(up.err).toMatch(`error[E-DAEMON-SILENT]: the daemon (pid ${pid}) is stopped (SIGSTOP)`);
  expect(up.err).toContain(`kill -CONT ${pid}`);
});
