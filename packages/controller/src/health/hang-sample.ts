/** CPU time of a run's processes at one moment: two of them tell a busy loop from a wait. */
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { isLive, readProcessStat, ticksPerSecond } from '@fettle/proc/process-stat';
import { processesOfRun } from '@fettle/proc/process-tree';

export type HangSample = Readonly<{
  atMs: number;
  /** CPU ticks by `pid:startTicks`. */
  ticks: ReadonlyMap<string, number>;
}>;

/** Bound on the processes looked at in one run. */
const maxProcesses = 64;

/** The run's processes without the shim, which only waits. */
export function pidsOfRun(view: InstanceView): readonly number[] {
  if (view.token === null) return view.pid === null ? [] : [view.pid];
  const groups = [view.pid, view.shimPid].filter((pid) => pid !== null);
  const pids = [...processesOfRun(view.token, groups)].filter((pid) => pid !== view.shimPid);
  return pids.toSorted((a, b) => a - b).slice(0, maxProcesses);
}

export function sampleRun(view: InstanceView): HangSample {
  const ticks = new Map<string, number>();
  for (const pid of pidsOfRun(view)) {
    const stat = readProcessStat(pid);
    if (isLive(stat)) ticks.set(`${pid}:${stat.startTicks}`, stat.userTicks + stat.systemTicks);
  }
  return { atMs: performance.now(), ticks };
}

/** Cores used by each process between the samples, the busiest first. */
export function usedBetween(
  before: HangSample,
  after: HangSample,
): readonly Readonly<{ pid: number; cores: number }>[] {
  const seconds = Math.max(0.001, (after.atMs - before.atMs) / 1_000);
  return [...after.ticks]
    .map(([id, ticks]) => {
      // A process that the first sample did not hold was born since: all its time counts.
      const spent = (ticks - (before.ticks.get(id) ?? 0)) / ticksPerSecond;
      return { pid: Number(id.split(':')[0]), cores: spent / seconds };
    })
    .toSorted((a, b) => b.cores - a.cores);
}
