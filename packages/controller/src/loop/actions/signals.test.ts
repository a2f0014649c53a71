/** Signals reach processes of our live runs and nobody else. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readProcessStat } from '@fettle/proc/process-stat';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sleeper, startActionRig, type ActionRig } from './action-rig.kit.ts';
import { processSignal } from './process-signal.ts';
import { instancesOf } from './supervised-service.ts';

let rig: ActionRig;
/** A crowded machine is slow. */
const patient = { timeout: 10_000 };
beforeAll(async () => {
  rig = await startActionRig();
  await rig.apply([sleeper('api'), sleeper('other')]);
  await rig.until('all run', (views) => views.every(({ pid }) => pid !== null));
});
afterAll(() => rig.end());

const timeoutMs = 5_000;
const action = 'process.signal';
const pidOf = (instance: string): number => rig.view(instance).pid ?? 0;
const stateOf = (instance: string) => readProcessStat(pidOf(instance))?.state;
const cont = { target: 'api', signal: 'CONT' };

test('a stopped service goes on, and after a crash of ours that is known', async () => {
  process.kill(pidOf('api.1'), 'SIGSTOP');
  await expect.poll(() => stateOf('api.1'), patient).toBe('T');
  const key = 'run/cont/1';
  const { capture } = await rig.actions.capture({ key, action, params: cont, timeoutMs });
  const deed = { key, action, params: cont, capture, timeoutMs };
  expect(await rig.reborn().actions.observe(deed)).toMatchObject({ seen: 'not-done' });
  expect((await rig.actions.act(deed)).ok).toBe(true);
  await expect.poll(() => stateOf('api.1'), patient).not.toBe('T');
  expect(await rig.reborn().actions.observe(deed)).toMatchObject({ seen: 'done' });
});

test('a recycled pid is not signalled', async () => {
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(stranger, 'spawn');
  try {
    const pid = stranger.pid ?? 0;
    const startTicks = (readProcessStat(pid)?.startTicks ?? 0) - 1;
    const token = rig.view('api.1').token ?? '';
    const capture = { processes: [{ pid, startTicks, token, state: 'S' }] };
    const deed = { key: 'run/recycled/1', action, params: { ...cont, signal: 'TERM' }, timeoutMs };
    expect((await rig.actions.act({ ...deed, capture })).detail).toMatch(/are gone/);
    // The right start time, too, is not enough: the stranger carries no token.
    const closer = { processes: [{ pid, startTicks: startTicks + 1, token, state: 'S' }] };
    const again = { ...deed, key: 'run/recycled/2', capture: closer };
    expect((await rig.actions.act(again)).detail).toMatch(/are gone/);
    expect(stranger.signalCode).toBeNull();
    expect(readProcessStat(pid)?.state).toBe('S');
  } finally {
    stranger.kill('SIGKILL');
  }
});

test('pid, start time and token must all agree', async () => {
  const params = { target: 'api', signal: 'TERM' };
  const { token, pid } = rig.view('api.1');
  const other = pidOf('other.1');
  const ticks = (of: number) => readProcessStat(of)?.startTicks ?? 0;
  const wrong = [
    { pid: pid ?? 0, startTicks: ticks(pid ?? 0) - 1 },
    { pid: other, startTicks: ticks(other) },
  ];
  for (const [at, one] of wrong.entries()) {
    const capture = { processes: [{ ...one, token: token ?? '', state: 'S' }] };
    const deed = { key: `run/wrong/${at}`, action, params, capture, timeoutMs };
    expect((await rig.actions.act(deed)).detail).toMatch(/are gone/);
  }
  expect([stateOf('api.1'), stateOf('other.1')]).not.toContain(undefined);
});

test("another service's process is not ours to name", async () => {
  const params = { ...cont, pid: pidOf('other.1') };
  const captured = await rig.actions.capture({ key: 'x', action, params, timeoutMs });
  expect(captured).toMatchObject({ ok: false, detail: expect.stringContaining('other.1') });
});

test('a signal that would end a process without a handler is refused', async () => {
  const params = { target: 'api', signal: 'HUP' };
  const captured = await rig.actions.capture({ key: 'x', action, params, timeoutMs });
  expect(captured).toMatchObject({ ok: false, detail: expect.stringContaining('would end') });
});

test('KILL and STOP are not to be had', async () => {
  for (const signal of ['KILL', 'STOP', 'SIGSEGV']) {
    const params = { target: 'api', signal };
    const captured = await rig.actions.capture({ key: 'x', action, params, timeoutMs });
    expect(captured.detail).toMatch(/is no signal to send/);
  }
});

test('what a person would type is told, and nothing is sent by telling', async () => {
  const { command } = await processSignal.plan(cont, rig.world);
  expect(command).toMatch(/^kill -CONT \d+/);
  expect(instancesOf(rig.world, 'api').every(({ pid }) => pid !== null)).toBe(true);
});
