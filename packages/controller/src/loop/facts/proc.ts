/**
 * `proc(service)`: its process as the kernel tells it now, of several instances the worst.
 * `{state, pid, cpu, rss, threads, fds, fd_limit}`; state is `running`, `stopped`, `zombie` or
 * `exited`. `cpu` counts cores over a look of 200 ms; cpu, rss and threads are of its whole tree.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { readProcessLimits } from '@fettle/proc/machine';
import { countOpenFiles } from '@fettle/proc/open-files';
import { isLive, readProcessStat, ticksPerSecond } from '@fettle/proc/process-stat';
import { processesOf, type OwnProcess } from '../actions/own-processes.ts';
import { textArgument, type ShellFact } from './shell-fact.ts';

const lookMs = 200;
const worstFirst = ['exited', 'zombie', 'stopped', 'running'] as const;
type State = (typeof worstFirst)[number];

export const proc: ShellFact = {
  name: 'proc',
  async answer(args, { world, timeoutMs }) {
    const service = textArgument(args, 0);
    const views = world.link.instances().filter((one) => one.service === service);
    const known = views.map((view) => {
      const tree = processesOf(view);
      return { state: stateOf(view, tree[0]?.pid ?? null), tree };
    });
    const worst = worstFirst
      .map((state) => known.find((one) => one.state === state))
      .find((one) => one !== undefined);
    const own = worst?.tree[0];
    if (worst === undefined) return null;
    if (own === undefined) return { ...nothing, state: worst.state };
    const before = ticksOf(worst.tree);
    const beganMs = performance.now();
    await delay(Math.max(1, Math.min(lookMs, timeoutMs / 2)));
    const seconds = (performance.now() - beganMs) / 1_000;
    const used = usedTicks(before, ticksOf(worst.tree)) / ticksPerSecond / seconds;
    return {
      ...reading(own, worst.tree),
      cpu: Math.round(used * 1_000) / 1_000,
      state: worst.state,
    };
  },
};

const nothing = { pid: null, cpu: null, rss: null, threads: null, fds: null, fd_limit: null };

/** `first`: of its tree, for a run whose own pid is not yet known. */
function stateOf({ pid, token, state }: InstanceView, first: number | null): State {
  if (state === 'external') return 'running';
  const own = pid ?? first;
  const stat = own === null || token === null ? null : readProcessStat(own);
  if (stat === null) return 'exited';
  if (stat.state === 'Z' || stat.state === 'X') return 'zombie';
  return stat.state === 'T' ? 'stopped' : 'running';
}

function reading(own: OwnProcess, tree: readonly OwnProcess[]): Readonly<Record<string, Value>> {
  const stats = tree.map(({ pid }) => readProcessStat(pid)).filter(isLive);
  return {
    pid: own.pid,
    rss: sum(stats.map(({ rssBytes }) => rssBytes)),
    threads: sum(stats.map(({ threads }) => threads)),
    fds: countOpenFiles(own.pid),
    fd_limit: readProcessLimits(own.pid)?.openFiles.soft ?? null,
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
