/**
 * Which processes belong to which instance, found for all instances in one pass over /proc.
 *
 * By parent, group and session first; a process that left all three is known by its run token,
 * which is read once in its life.
 */
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { readRunToken } from '@fettle/proc/process-command';
import type { ProcessStat } from '@fettle/proc/process-stat';
import { splitProcesses } from '@fettle/proc/process-tree';

/** `zombies`: dead children whose parent, one of these, has not collected them. */
export type RunTree = { readonly stats: ProcessStat[]; zombies: number };
export type TreeReader = Readonly<{
  /** By instance id, without the shims. Instances that do not run are left out. */
  read(views: readonly InstanceView[]): ReadonlyMap<string, Readonly<RunTree>>;
}>;

export function treeReader(): TreeReader {
  /** Token by `pid:startTicks`; entries of ended processes leave at the next read. */
  let tokens = new Map<string, string | null>();
  return {
    read(views) {
      const { live, zombies } = splitProcesses();
      const owners = ownersByPid(views);
      const byToken = new Map(
        views.flatMap((v) => (v.token === null ? [] : [[v.token, v.instance]])),
      );
      const kept = new Map<string, string | null>();
      const near = (stat: ProcessStat): string | null =>
        owners.get(stat.pid) ??
        owners.get(stat.pgrp) ??
        owners.get(stat.session) ??
        byToken.get(tokenOf(stat, tokens, kept) ?? '') ??
        null;
      const shims = new Set(views.map(({ shimPid }) => shimPid));
      const trees = collect({ live, zombies, shims }, near);
      tokens = kept;
      return trees;
    },
  };
}

type Found = Readonly<{
  live: ReadonlyMap<number, ProcessStat>;
  zombies: readonly ProcessStat[];
  shims: ReadonlySet<number | null>;
}>;

/** Each process belongs where it says, else where its parent belongs: one walk, remembered. */
function collect(
  { live, zombies, shims }: Found,
  near: (stat: ProcessStat) => string | null,
): ReadonlyMap<string, RunTree> {
  const known = new Map<number, string | null>();
  const ownerOf = (pid: number): string | null => {
    const before = known.get(pid);
    if (before !== undefined) return before;
    const stat = live.get(pid);
    // Set first: a loop of parents, seen between two reads, ends here.
    known.set(pid, null);
    const owner = stat === undefined ? null : (near(stat) ?? ownerOf(stat.ppid));
    known.set(pid, owner);
    return owner;
  };
  const trees = new Map<string, RunTree>();
  for (const stat of live.values()) {
    const instance = ownerOf(stat.pid);
    if (instance === null || shims.has(stat.pid)) continue;
    const tree = trees.get(instance);
    if (tree === undefined) trees.set(instance, { stats: [stat], zombies: 0 });
    else tree.stats.push(stat);
  }
  for (const { ppid } of zombies) {
    // What a shim collects in a moment is no zombie.
    const tree = shims.has(ppid) ? undefined : trees.get(ownerOf(ppid) ?? '');
    if (tree !== undefined) tree.zombies += 1;
  }
  return trees;
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
