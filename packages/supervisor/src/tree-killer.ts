/**
 * Ends process trees for good: group, descendants, and whatever carries the run token, also after
 * `setsid`. One pass over /proc serves all trees that are being killed.
 *
 * The shim is spared as long as its service dies, so that the exit status is still recorded; what
 * is left of it after `shimGraceMs` is killed like the rest.
 */
import { readRunToken } from '@fettle/proc/process-command';
import { isLive, type ProcessStat, readProcessStat } from '@fettle/proc/process-stat';
import { listProcesses, withDescendants } from '@fettle/proc/process-tree';
import { sendSignal } from './send-signal.ts';

/** `shimTicks`: start time of the shim; null: not known, the group is not trusted. */
export type Tree = Readonly<{
  token: string;
  shimPid: number | null;
  shimTicks: number | null;
  /** The service ended already: what is left is leftovers, the shim included. */
  ended: boolean;
}>;

export type TreeKiller = Readonly<{
  kill(tree: Tree): void;
  stop(): void;
}>;

const passDelaysMs = [0, 5, 10, 20, 40, 80, 120];
const shimGraceMs = 300;

type Job = { tree: Tree; sinceMs: number };

/** `others`: what is known of a tree by another mark, as a control group. */
export function createTreeKiller(
  onGone: (token: string) => void,
  others: (token: string) => readonly number[] = () => [],
): TreeKiller {
  const jobs = new Map<string, Job>();
  let passes = 0;
  let timer: NodeJS.Timeout | null = null;

  const pass = (): void => {
    timer = null;
    for (const token of killOnce(jobs, others)) {
      jobs.delete(token);
      onGone(token);
    }
    if (jobs.size > 0) schedule();
  };
  const schedule = (): void => {
    if (timer !== null) return;
    timer = setTimeout(pass, passDelaysMs[Math.min(passes, passDelaysMs.length - 1)]);
    passes += 1;
  };
  return {
    kill(tree) {
      const known = jobs.get(tree.token);
      if (tree.ended) killGroup(tree);
      jobs.set(tree.token, { tree, sinceMs: known?.sinceMs ?? performance.now() });
      passes = tree.ended ? 2 : 0;
      if (!tree.ended && timer !== null) {
        clearTimeout(timer);
        timer = null;
      }
      schedule();
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}

/** The fast path after a crash: one call, before anything is searched. */
function killGroup(tree: Tree): void {
  if (tree.shimPid === null || !namesGroup(tree, readProcessStat(tree.shimPid))) return;
  sendSignal(-tree.shimPid, 'SIGKILL');
}

/**
 * The group's number means this run while the shim holds it, and after the shim's end as long as
 * nobody else got the number: the kernel gives out no pid that still names a group.
 */
function namesGroup(tree: Tree, leader: ProcessStat | null | undefined): boolean {
  if (tree.shimTicks === null) return false;
  return leader === null || leader === undefined || leader.startTicks === tree.shimTicks;
}

/** Kills what is there and returns the tokens of trees that are gone. */
function killOnce(
  jobs: ReadonlyMap<string, Job>,
  others: (token: string) => readonly number[],
): string[] {
  const processes = listProcesses();
  const members = membersByToken(jobs, processes);
  const gone: string[] = [];
  for (const [token, { tree, sinceMs }] of jobs) {
    const pids = members.get(token) ?? new Set();
    for (const pid of others(token)) if (isLive(readProcessStat(pid))) pids.add(pid);
    if (pids.size === 0) {
      gone.push(token);
      continue;
    }
    const spareShim = !tree.ended && performance.now() - sinceMs < shimGraceMs;
    for (const pid of pids) {
      if (pid === process.pid || (pid === tree.shimPid && spareShim)) continue;
      sendSignal(pid, 'SIGKILL');
    }
  }
  return gone;
}

function membersByToken(
  jobs: ReadonlyMap<string, Job>,
  processes: ReadonlyMap<number, ProcessStat>,
): Map<string, Set<number>> {
  const byShim = new Map<number, string>();
  for (const { tree } of jobs.values())
    if (tree.shimPid !== null && namesGroup(tree, processes.get(tree.shimPid)))
      byShim.set(tree.shimPid, tree.token);
  const roots = new Map<string, number[]>();
  for (const stat of processes.values()) {
    if (stat.pid === process.pid) continue;
    const token = byShim.get(stat.pgrp) ?? byShim.get(stat.session) ?? readRunToken(stat.pid);
    if (token === null || !jobs.has(token)) continue;
    const known = roots.get(token);
    if (known === undefined) roots.set(token, [stat.pid]);
    else known.push(stat.pid);
  }
  const members = new Map<string, Set<number>>();
  for (const [token, pids] of roots) {
    const all = withDescendants(pids, processes);
    all.delete(process.pid);
    members.set(token, all);
  }
  return members;
}
