/**
 * `proc(service)`: its processes as the kernel tells them now.
 * `{state, pid, cpu, rss, threads, fds, processes, nice, wchan}`; state is `exited` when no
 * instance has a process, `T` when one is stopped, else that of the first instance's own process.
 * `cpu` counts cores over a look of 200 ms; `rss` bytes of the whole tree.
 */
import { getPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import { countOpenFiles } from '@fettle/proc/open-files';
import { isLive, readProcessStat, ticksPerSecond } from '@fettle/proc/process-stat';
import { waitChannel } from '@fettle/proc/threads';
import { processesOf, type OwnProcess } from '../actions/own-processes.ts';
import { textArgument, type ShellFact } from './shell-fact.ts';

const lookMs = 200;

export const proc: ShellFact = {
  name: 'proc',
  async answer(args, { world, timeoutMs }) {
    const service = textArgument(args, 0);
    if (world.link.stack()?.services.every(({ name }) => name !== service) !== false) return null;
    const views = world.link.instances().filter((one) => one.service === service);
    const owned = views.flatMap(processesOf);
    const [first] = owned;
    if (first === undefined) return { state: 'exited', pid: null, processes: 0 };
    const before = ticksOf(owned);
    const beganMs = performance.now();
    await delay(Math.max(1, Math.min(lookMs, timeoutMs / 2)));
    const seconds = (performance.now() - beganMs) / 1_000;
    const used = usedTicks(before, ticksOf(owned)) / ticksPerSecond / seconds;
    return reading(first, owned, Math.round(used * 1_000) / 1_000);
  },
};

function reading(first: OwnProcess, owned: readonly OwnProcess[], cpu: number): Value {
  const stats = owned.map(({ pid }) => readProcessStat(pid)).filter(isLive);
  const own = stats.find(({ pid }) => pid === first.pid) ?? stats[0];
  if (own === undefined) return { state: 'exited', pid: null, processes: 0 };
  const stopped = stats.some(({ state }) => state === 'T');
  return {
    state: stopped ? 'T' : own.state,
    pid: own.pid,
    cpu,
    rss: sum(stats.map(({ rssBytes }) => rssBytes)),
    threads: sum(stats.map(({ threads }) => threads)),
    fds: countOpenFiles(own.pid),
    processes: stats.length,
    nice: niceOf(own.pid),
    wchan: waitChannel(own.pid),
  };
}

function ticksOf(owned: readonly OwnProcess[]): ReadonlyMap<number, number> {
  const ticks = new Map<number, number>();
  for (const { pid, startTicks } of owned) {
    const stat = readProcessStat(pid);
    if (isLive(stat) && stat.startTicks === startTicks)
      ticks.set(pid, stat.userTicks + stat.systemTicks);
  }
  return ticks;
}

function usedTicks(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
): number {
  return sum([...after].map(([pid, ticks]) => ticks - (before.get(pid) ?? ticks)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function niceOf(pid: number): number | null {
  try {
    return getPriority(pid);
  } catch {
    return null;
  }
}
