/**
 * Which processes belong to which instance, found for all instances in one pass over /proc.
 *
 * By parent, group and session first; a process that left all three is known by its run token,
 * which is read once in its life.
 */
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { readRunToken } from '@fettle/proc/process-command';
import type { ProcessStat } from '@fettle/proc/process-stat';
import { listProcesses, withDescendants } from '@fettle/proc/process-tree';

export type TreeReader = Readonly<{
  /** By instance id, without the shims. Instances that do not run are left out. */
  read(views: readonly InstanceView[]): ReadonlyMap<string, readonly ProcessStat[]>;
}>;

export function treeReader(): TreeReader {
  /** Token by `pid:startTicks`; entries of ended processes leave at the next read. */
  let tokens = new Map<string, string | null>();
  return {
    read(views) {
      const processes = listProcesses();
      const owners = ownersByPid(views);
      const byToken = new Map(
        views.flatMap((v) => (v.token === null ? [] : [[v.token, v.instance]])),
      );
      const kept = new Map<string, string | null>();
      const roots = new Map<string, number[]>();
      for (const stat of processes.values()) {
        const near = owners.get(stat.pid) ?? owners.get(stat.pgrp) ?? owners.get(stat.session);
        const instance = near ?? byToken.get(tokenOf(stat, tokens, kept) ?? '');
        if (instance === undefined) continue;
        const list = roots.get(instance);
        if (list === undefined) roots.set(instance, [stat.pid]);
        else list.push(stat.pid);
      }
      tokens = kept;
      return treesOf(views, roots, processes);
    },
  };
}

function ownersByPid(views: readonly InstanceView[]): ReadonlyMap<number, string> {
  const owners = new Map<number, string>();
  for (const { pid, shimPid, instance } of views) {
    if (pid !== null) owners.set(pid, instance);
    if (shimPid !== null) owners.set(shimPid, instance);
  }
  return owners;
}

function tokenOf(
  { pid, startTicks }: ProcessStat,
  known: ReadonlyMap<string, string | null>,
  kept: Map<string, string | null>,
): string | null {
  const id = `${pid}:${startTicks}`;
  const before = known.get(id);
  const token = before === undefined ? readRunToken(pid) : before;
  kept.set(id, token);
  return token;
}

function treesOf(
  views: readonly InstanceView[],
  roots: ReadonlyMap<string, readonly number[]>,
  processes: ReadonlyMap<number, ProcessStat>,
): ReadonlyMap<string, readonly ProcessStat[]> {
  const trees = new Map<string, readonly ProcessStat[]>();
  for (const { instance, shimPid } of views) {
    const own = roots.get(instance);
    if (own === undefined) continue;
    const stats: ProcessStat[] = [];
    for (const pid of withDescendants(own, processes)) {
      const stat = processes.get(pid);
      if (stat !== undefined && pid !== shimPid) stats.push(stat);
    }
    trees.set(instance, stats);
  }
  return trees;
}
