/** Figures of real processes. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { processesOfRun } from '@fettle/proc/process-tree';
import { afterEach, expect, test } from 'vitest';
import type { Journal, SupervisorLink } from '../parts.ts';
import { openFiguresPart } from './figures-part.ts';

const token = `figures-${process.pid}`;
const children: ChildProcess[] = [];
afterEach(() => {
  for (const { pid } of children.splice(0)) {
    if (pid === undefined) continue;
    for (const left of processesOfRun(token, [pid])) process.kill(left, 'SIGKILL');
  }
});

/** A shell (the shim's place) with a busy child and one that left its session. */
function start(): number {
  const script = 'while :; do :; done & setsid sleep 60 & wait';
  const child = spawn('sh', ['-c', script], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, FETTLE_RUN: token },
  });
  children.push(child);
  return child.pid ?? 0;
}

const viewOf = (service: string, shimPid: number, token: string) =>
  ({ instance: `${service}.1`, service, pid: null, shimPid, token }) as unknown as InstanceView;
const linkOf = (views: InstanceView[]) => ({ instances: () => views }) as unknown as SupervisorLink;
const mark = { seq: 1, at: new Date().toISOString(), kind: 'service.started', text: 'api started' };
const journal = { read: () => [mark, { ...mark, kind: 'check.changed' }] } as unknown as Journal;

test('a tree is summed, the shim left out, and CPU is that of the interval', async () => {
  const views = [viewOf('api', start(), token), viewOf('gone', 999_999_999, 'none')];
  const part = openFiguresPart({ link: linkOf(views), journal, everyMs: 100, costShare: 1 });
  try {
    await expect
      .poll(() => part.latest('api.1'), { timeout: 5_000 })
      .toMatchObject({ processes: 2 });
    await expect
      .poll(() => part.latest('api.1')?.cpuRatio, { timeout: 5_000 })
      .toBeGreaterThan(0.05);
    expect(part.latest('api.1')?.memoryBytes).toBeGreaterThan(100_000);
    expect(part.latest('gone.1')).toBeNull();
    const series = part.series('api', Date.now() - 60_000);
    expect(series).toMatchObject({ schema: 'fettle.series/v1', stepMs: 5_000 });
    expect(series.memoryBytes.at(-1)).toBeGreaterThan(100_000);
    expect(series.marks.map(({ kind }) => kind)).toEqual(['service.started']);
    views.pop();
    views.pop();
    await expect.poll(() => part.latest('api.1'), { timeout: 5_000 }).toBeNull();
    expect(part.series('api', Date.now() - 60_000).memoryBytes.every((v) => v === null)).toBe(true);
  } finally {
    await part.stop();
  }
});
