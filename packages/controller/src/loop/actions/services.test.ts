/** Starting and restarting real processes through a real supervisor. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sleeper, startActionRig, type ActionRig } from './action-rig.kit.ts';
import { openActions } from './act-once.ts';
import type { ActParams } from './action.ts';
import { allActions } from './all.ts';

let rig: ActionRig;
beforeAll(async () => {
  rig = await startActionRig();
});
afterAll(() => rig.end());

const timeoutMs = 8_000;
let keys = 0;

async function act(action: string, params: ActParams) {
  const key = `run/${action}/${(keys += 1)}`;
  const { capture } = await rig.actions.capture({ key, action, params, timeoutMs });
  const deed = { key, action, params, capture, timeoutMs };
  return { deed, acted: await rig.actions.act(deed) };
}

test('a stopped service is started, once, and stopped again by the way back', async () => {
  await rig.apply([sleeper('api')]);
  await rig.until('api runs', (views) => views.every(({ pid }) => pid !== null));
  await rig.link.request({ kind: 'command', command: 'stop', services: ['api'], actor: 'test' });
  await rig.until('api is stopped', (views) => views.every(({ state }) => state === 'stopped'));
  const { deed, acted } = await act('service.start', { target: 'api' });
  expect(acted).toMatchObject({
    ok: true,
    detail: expect.stringMatching(/^api runs \(pid \d+\)$/),
  });
  const { token } = rig.view('api.1');
  expect(await rig.actions.act(deed)).toMatchObject({ ok: true });
  expect(rig.view('api.1').token).toBe(token);
  expect(await rig.reborn().actions.observe(deed)).toMatchObject({ seen: 'done' });
  expect(await rig.actions.undo(deed)).toMatchObject({ ok: true, detail: 'api is stopped again' });
  expect(rig.view('api.1').state).toBe('stopped');
});

test('what was never asked for was not done', async () => {
  const deed = { key: 'never', action: 'service.start', params: { target: 'api' }, timeoutMs };
  const seen = await rig.actions.observe({ ...deed, capture: { wasStopped: true, lives: {} } });
  expect(seen.seen).toBe('not-done');
});

test('instances are restarted one after the other', async () => {
  await rig.apply([sleeper('two', { replicas: 2 })]);
  await rig.until('both run', (views) => views.length === 2 && views.every(({ ready }) => ready));
  const before = rig.link.instances().map(({ token }) => token);
  const fewest: number[] = [];
  const dispose = rig.link.onNotice(() =>
    fewest.push(rig.link.instances().filter(({ ready }) => ready).length),
  );
  const { acted } = await act('service.restart', { target: 'two' });
  dispose();
  expect(acted).toMatchObject({ ok: true, detail: 'two.1, two.2 were restarted' });
  expect(Math.min(...fewest)).toBe(1);
  for (const { token } of rig.link.instances()) expect(before).not.toContain(token);
});

test('a process that hears no SIGTERM is killed when its grace is over', async () => {
  await rig.apply([
    sleeper('deaf', {
      command: ['/bin/sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done'],
      stopGraceMs: 3_000,
    }),
  ]);
  await rig.until('deaf runs', (views) => views.some(({ pid }) => pid !== null));
  const { token } = rig.view('deaf.1');
  expect((await act('service.restart', { target: 'deaf', grace: '200ms' })).acted.ok).toBe(true);
  expect(rig.view('deaf.1').token).not.toBe(token);
  expect((await act('service.restart', { target: 'deaf', grace: 0 })).acted.ok).toBe(true);
});

test('what was stopped on purpose is not restarted', async () => {
  await rig.apply([sleeper('off')]);
  await rig.until('off runs', (views) => views.some(({ pid }) => pid !== null));
  await rig.link.request({ kind: 'command', command: 'stop', services: ['off'], actor: 'test' });
  await rig.until('off is stopped', (views) => views.every(({ state }) => state === 'stopped'));
  const params = { target: 'off' };
  const captured = await rig.actions.capture({
    key: 'x',
    action: 'service.restart',
    params,
    timeoutMs,
  });
  expect(captured).toMatchObject({ ok: false, detail: expect.stringContaining('on purpose') });
});

test('a program that is not there fails in words', async () => {
  await rig.apply([sleeper('lost', { command: ['/no/such/program'] })]);
  await rig.until('lost failed', (views) => views.some(({ state }) => state === 'failed'));
  const { acted } = await act('service.start', { target: 'lost' });
  expect(acted).toMatchObject({ ok: false, detail: expect.stringContaining('cannot be started') });
});

test('a controller that has just begun waits for the word of the supervisor', async () => {
  await rig.apply([sleeper('late')]);
  await rig.until('late runs', (views) => views.some(({ pid }) => pid !== null));
  let isUp = false;
  const link = {
    ...rig.link,
    connected: () => isUp,
    stack: () => (isUp ? rig.link.stack() : null),
    instances: () => (isUp ? rig.link.instances() : []),
  };
  const actions = openActions(allActions, { ...rig.world, link });
  const given = { key: 'late/1', action: 'service.restart', params: { target: 'late' }, timeoutMs };
  const capturing = actions.capture(given);
  setTimeout(() => {
    isUp = true;
  }, 100);
  expect(await capturing).toMatchObject({ ok: true });
});

test('a restart that was asked for and not yet through is waited for by the look back', async () => {
  const slow = 'trap "sleep 0.4; exit 0" TERM; while :; do sleep 0.05; done';
  await rig.apply([sleeper('slow', { command: ['/bin/sh', '-c', slow], stopGraceMs: 3_000 })]);
  await rig.until('slow runs', (views) => views.some(({ ready }) => ready));
  const key = 'slow/1';
  const params = { target: 'slow' };
  const given = { key, action: 'service.restart', params, timeoutMs };
  const { capture } = await rig.actions.capture(given);
  const acting = rig.actions.act({ ...given, capture });
  await rig.until('it ends', (views) => views.some(({ state }) => state === 'stopping'));
  expect(await rig.reborn().actions.observe({ ...given, capture })).toMatchObject({ seen: 'done' });
  expect((await acting).ok).toBe(true);
});
