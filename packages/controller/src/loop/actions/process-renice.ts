/**
 * Gives a process of this stack less of the processor, and back.
 *
 * Every thread has a niceness of its own on Linux, so each is set. The way back raises the
 * priority again, which needs a right (root, CAP_SYS_NICE or RLIMIT_NICE): without it the act is
 * refused, because it could not be taken back.
 */
import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { z } from 'zod';
import { isLive, readProcessStat } from '@fettle/proc/process-stat';
import { readSmallText } from '@fettle/proc/small-file';
import { changed, noMeans, noTarget, refused } from './act-error.ts';
import { plan, type Action, type ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { isStillOurs, runOfPid, type OwnProcess } from './own-processes.ts';

const captured = z.object({
  pid: z.int(),
  startTicks: z.number(),
  token: z.string(),
  nice: z.int(),
});

export const processRenice: Action = {
  name: 'process.renice',
  describe: ({ pid, nice }) => `give pid ${String(pid)} niceness ${String(nice)}`,
  plan(params, world) {
    const { nice } = subject(params, world);
    const { pid, to, view } = wanted(params, world);
    const text = `give pid ${pid} of ${view.instance} niceness ${to} (now ${nice})`;
    const lacks = mayReturn(nice) ? null : 'the right to raise its priority again';
    return Promise.resolve(plan(text, `renice -n ${to} -p ${pid}`, [view.service], lacks));
  },
  capture(params, world) {
    const { nice, ...rest } = subject(params, world);
    const { to } = wanted(params, world);
    if (to <= nice) throw refused(`niceness ${to} would not give it less`, `It has ${nice} now.`);
    if (mayReturn(nice)) return Promise.resolve({ nice, ...rest });
    throw noMeans(
      'its priority could not be raised again afterwards',
      'Run Fettle with CAP_SYS_NICE, or renice it yourself.',
    );
  },
  apply(params, capture, { world }) {
    const before = captured.parse(capture);
    refuseStranger(before, world);
    setNice(before.pid, wanted(params, world).to);
    return Promise.resolve(`pid ${before.pid} has niceness ${String(params['nice'])}`);
  },
  undo(_params, capture, { world }) {
    const before = captured.parse(capture);
    // A process that ended has nothing to go back to.
    if (readProcessStat(before.pid)?.startTicks !== before.startTicks)
      return Promise.resolve(`pid ${before.pid} has ended`);
    refuseStranger(before, world);
    setNice(before.pid, before.nice);
    return Promise.resolve(`pid ${before.pid} has niceness ${before.nice} again`);
  },
  observe(params, capture) {
    const { pid, startTicks } = captured.parse(capture);
    if (readProcessStat(pid)?.startTicks !== startTicks) return Promise.resolve('unknown');
    return Promise.resolve(getPriority(pid) === params['nice'] ? 'done' : 'not-done');
  },
};

function wanted(params: ActParams, world: ActionWorld) {
  const { pid, nice } = params;
  const view = typeof pid === 'number' ? runOfPid(world, pid) : null;
  if (view === null || typeof pid !== 'number')
    throw refused(`pid ${String(pid)} is of no live run of this stack`, 'Renice it yourself.');
  const isNice = typeof nice === 'number' && Number.isInteger(nice) && nice >= 1 && nice <= 19;
  if (!isNice) throw refused(`${String(nice)} is no niceness to give`, 'From 1 to 19.');
  return { pid, to: nice, view };
}

function subject(params: ActParams, world: ActionWorld): z.infer<typeof captured> {
  const { pid, view } = wanted(params, world);
  const stat = readProcessStat(pid);
  if (!isLive(stat) || view.token === null)
    throw noTarget(`there is no process ${pid}`, 'It has ended.');
  return { pid, startTicks: stat.startTicks, token: view.token, nice: getPriority(pid) };
}

function refuseStranger(process: OwnProcess, world: ActionWorld): void {
  const view = world.link.instances().find(({ token }) => token === process.token);
  if (view !== undefined && isStillOurs(process, view)) return;
  throw changed(`pid ${process.pid} is not the process that was meant`);
}

function setNice(pid: number, nice: number): void {
  for (const tid of readdirSync(`/proc/${pid}/task`)) setPriority(Number(tid), nice);
}

/** RLIMIT_NICE says 20 minus the lowest niceness that may be asked for. */
export function mayReturn(nice: number): boolean {
  const status = readSmallText('/proc/self/status') ?? '';
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  if ((effective & (1n << 23n)) !== 0n) return true;
  const limits = readSmallText('/proc/self/limits') ?? '';
  const soft = Number(/^Max nice priority\s+(\d+)/m.exec(limits)?.[1] ?? 0);
  return 20 - soft <= nice;
}
