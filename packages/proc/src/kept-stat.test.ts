import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { deepEqual, equal } from 'node:assert/strict';
import { afterEach, test } from 'vitest';
import { keepStats } from './kept-stat.ts';
import { readProcessStat } from './process-stat.ts';

const kept = keepStats();
afterEach(() => kept.close());

async function sleeper() {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const end = async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { pid: child.pid ?? 0, end };
}

test('a kept file reads as a fresh one, again and again', async () => {
  const { pid, end } = await sleeper();
  // Its name changes when the child becomes `sleep`; who it is does not.
  const who = () => {
    const { startTicks, ppid } = readProcessStat(pid) ?? {};
    return { pid, startTicks, ppid };
  };
  for (let round = 0; round < 3; round += 1) {
    const { startTicks, ppid } = kept.read(pid) ?? {};
    deepEqual({ pid, startTicks, ppid }, who());
  }
  await end();
});

test('a process that ended reads as gone', async () => {
  const { pid, end } = await sleeper();
  equal(kept.read(pid)?.pid, pid);
  await end();
  equal(kept.read(pid), null);
});

test('what is no longer wanted is closed, and opened again on demand', async () => {
  const { pid, end } = await sleeper();
  equal(kept.read(pid)?.pid, pid);
  kept.keepOnly(new Set());
  equal(kept.read(pid)?.pid, pid);
  await end();
});
