/** Hooks around real processes of a real daemon. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { roughStack, until, type RoughStack } from '../robustness/rough-stack.ts';

/** The supervisor, the controller and its shim; a service adds itself and a shim. */
const daemons = 3;

let stack: RoughStack;
afterEach(async () => expect(await stack.remove()).toEqual([]));

const lines = (name: string): readonly string[] => {
  try {
    return readFileSync(join(stack.dir, name), 'utf8').trim().split('\n');
  } catch {
    return [];
  }
};

test('a hook that fails before the start keeps the service down, and why quotes it', async () => {
  stack = roughStack({
    'fettle.yaml': `services:
  api:
    command: sleep 1000
    hooks: {before_start: "echo 'no table named users' && test -e ready"}
  web: {command: sleep 1001, depends_on: [api]}
`,
  });
  const up = await stack.fettle('up', '-d', '--wait', '--wait-timeout', '3s');
  expect(up.code).not.toBe(0);
  const api = await stack.service('api');
  expect([api.state, api.restarts, api.pid]).toEqual(['failing', 0, null]);
  const why = await stack.fettle('why', 'api');
  expect(why.out).toContain('kept down: its before_start hook (echo) ended with exit 1');
  expect(why.out).toContain('it said: no table named users');
  const logs = await stack.fettle('logs', 'api');
  expect(logs.out).toContain('no table named users');
  expect((await stack.fettle('events', '--json')).out).toContain(
    'api cannot be started: its before_start hook (echo) ended with exit 1',
  );
  stack.write('ready', '');
  expect((await stack.fettle('start', 'api', 'web')).code).toBe(0);
});

const told = (word: string): string => `echo ${word} $FETTLE_INSTANCE >> told`;
const four = `name: rough
services:
  api:
    command: sh -c '${told('runs')}; exec sleep 1000'
    working_dir: .
    hooks:
      before_start: {command: [sh, -c, '${told('before-start')}; echo "from the hook"']}
      after_start: {command: [sh, -c, '${told('after-start')}']}
      before_stop: {command: [sh, -c, '${told('before-stop')}; kill -0 $(cat pid)']}
      after_stop: {command: [sh, -c, 'echo after-stop $FETTLE_EXIT_CODE >> told']}
`.replaceAll('$', '$$$$');

test('all four come in their order, at a crash and at a stop', async () => {
  stack = roughStack({ 'fettle.yaml': four });
  await stack.fettle('up', '-d', '--wait');
  await until(
    () => lines('told').length,
    (count) => count === 3,
  );
  expect(lines('told').toSorted()).toEqual([
    'after-start api.1',
    'before-start api.1',
    'runs api.1',
  ]);
  expect(lines('told')[0]).toBe('before-start api.1');
  const { pid } = await stack.service('api');
  process.kill(pid ?? 0, 'SIGKILL');
  await until(
    () => lines('told').length,
    (count) => count === 7,
  );
  expect(lines('told').slice(3, 5)).toEqual(['after-stop 137', 'before-start api.1']);
  const next = await until(
    () => stack.service('api'),
    (api) => api.pid !== null && api.pid !== pid,
  );
  stack.write('pid', String(next.pid));
  await stack.fettle('down');
  // The process was still there when its before_stop hook looked: that one did not fail.
  expect(lines('told').slice(7)).toEqual(['before-stop api.1', 'after-stop 143']);
  expect((await stack.fettle('logs', 'api')).err).toContain('E-DAEMON-UNREACHABLE');
});

test('a hook that takes too long is ended, and nothing of it is left', async () => {
  stack = roughStack({
    'fettle.yaml': `services:
  api:
    command: sleep 1000
    hooks:
      before_start: {command: "sleep 1005 & sleep 1006", timeout: 300ms, on_failure: ignore}
`,
  });
  const up = await stack.fettle('up', '-d', '--wait');
  expect(up.code).toBe(0);
  // The first start may be over before the controller listens.
  await stack.fettle('restart', 'api');
  const { out } = await stack.fettle('events');
  expect(out).toContain(
    'its before_start hook (sleep) took longer than 300ms; it goes on all the same',
  );
  const { pid } = await stack.service('api');
  expect(stack.living().length).toBe(daemons + 2);
  expect(stack.living()).toContain(pid);
});

test('a daemon killed in the middle of a hook leaves none behind, and the start begins anew', async () => {
  stack = roughStack({
    'fettle.yaml': `services:
  api:
    command: sleep 1000
    hooks: {before_start: "echo began >> told; test -e ready || sleep 1007"}
`,
  });
  const up = stack.start(['up', '-d']);
  await until(
    () => lines('told').length,
    (count) => count === 1,
  );
  process.kill(stack.supervisorPid(), 'SIGKILL');
  up.child.kill('SIGINT');
  stack.write('ready', '');
  await up.ended;
  expect((await stack.fettle('up', '-d', '--wait')).code).toBe(0);
  expect(lines('told')).toEqual(['began', 'began']);
  await until(
    () => stack.living().length,
    (count) => count === daemons + 2,
  );
});

test('status says that a hook is what it waits for', async () => {
  stack = roughStack({
    'fettle.yaml': `services:
  api: {command: sleep 1000, hooks: {before_start: sleep 1008}}
`,
  });
  const up = stack.start(['up', '-d', '--wait']);
  const api = await until(
    () => stack.service('api').catch(() => null),
    (one) => one?.why !== null && one !== null,
  );
  expect(api?.state).toBe('starting');
  expect(api?.why).toMatch(/^is held up (for \S+ )?by its before_start hook$/);
  expect((await stack.fettle('stop', 'api')).code).toBe(0);
  await up.ended;
  expect(stack.living().length).toBe(daemons);
});
