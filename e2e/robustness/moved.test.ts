/** The stack's folder is moved, copied, or loses its state, while it runs. */
import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { isLive, readProcessStat } from '@fettle/proc/process-stat';
import { roughStack, until, type RoughStack } from './rough-stack.ts';

let stack: RoughStack;
afterEach(async () => expect(await stack.remove()).toEqual([]));

const config = `name: moved
services:
  a: {command: sleep 1000}
`;
const pidOf = async (): Promise<number | null> => (await stack.service('a')).pid;

test('a copy of a running stack is a stack of its own, and leaves the original alone', async () => {
  stack = roughStack({ 'fettle.yaml': config });
  await stack.fettle('up', '-d', '--wait');
  const pid = await pidOf();
  const copy = join(stack.dir, '..', 'copy');
  cpSync(stack.dir, copy, { recursive: true });
  const inCopy = (...words: string[]) => stack.start(['-C', copy, ...words]).ended;
  expect((await inCopy('status')).code).toBe(4);
  expect((await inCopy('down')).code).toBe(0);
  expect(await pidOf()).toBe(pid);
  expect((await inCopy('up', '-d', '--wait')).code).toBe(0);
  const own = (await inCopy('status', '-o', 'pid')).out.trim();
  expect([own === String(pid), await pidOf()]).toEqual([false, pid]);
  expect((await inCopy('down')).code).toBe(0);
  expect(await pidOf()).toBe(pid);
});

test('a moved stack is not started twice; once its daemon is gone it is taken over', async () => {
  stack = roughStack({ 'fettle.yaml': config });
  await stack.fettle('up', '-d', '--wait');
  const [pid, supervisor] = [await pidOf(), stack.supervisorPid()];
  const there = join(stack.dir, '..', 'there');
  renameSync(stack.dir, there);
  const moved = (...words: string[]) => stack.start(['-C', there, ...words]).ended;
  const up = await moved('up', '-d');
  expect([up.code, up.err]).toEqual([1, expect.stringContaining('error[E-STATE-MOVED]')]);
  expect(up.err).toContain(`(pid ${supervisor})`);
  process.kill(supervisor, 'SIGTERM');
  await until(
    () => moved('up', '-d', '--wait'),
    ({ code }) => code === 0,
  );
  // Its working directory has another name now, so that the adopted one may be replaced, in order.
  const { out } = await moved('status', '-o', 'pid');
  expect(isLive(readProcessStat(pid ?? 0))).toBe(Number(out) === pid);
  expect((await moved('down')).code).toBe(0);
  expect(stack.living()).toEqual([]);
});

test('without its state folder the stack runs on, restarts, and goes down', async () => {
  stack = roughStack({ 'fettle.yaml': config });
  await stack.fettle('up', '-d', '--wait');
  rmSync(stack.paths().stateDir, { recursive: true });
  process.kill((await pidOf()) ?? 0, 'SIGKILL');
  const back = await until(
    () => stack.service('a'),
    ({ state, restarts, pid }) => state === 'ok' && restarts === 1 && pid !== null,
  );
  const up = await stack.fettle('up', '-d');
  expect([up.code, await pidOf()]).toEqual([0, back.pid]);
  expect((await stack.fettle('down')).code).toBe(0);
  expect(stack.living()).toEqual([]);
});
