/**
 * Who holds a run to its limits. `cgroup` and `rlimit`: the kernel, at any moment. `watched`: nobody
 * but us, after a look every two seconds.
 */
import type { Limits } from '../stack/service.ts';

export type LimitName = 'memory' | 'cpus' | 'processes' | 'open-files';
export type LimitHolder = 'cgroup v2' | 'cgroup v1' | 'rlimit' | 'watched';

export type HeldLimit = Readonly<{
  limit: LimitName;
  /** Bytes, cores, tasks or files. */
  value: number;
  by: LimitHolder;
  /** Why the kernel does not hold it; null: it does. */
  why: string | null;
}>;

/** The limits that a definition sets, by name. */
export function limitsAsked(limits: Limits): ReadonlyMap<LimitName, number> {
  const pairs: readonly (readonly [LimitName, number | null])[] = [
    ['memory', limits.memoryBytes],
    ['cpus', limits.cpus],
    ['processes', limits.processes],
    ['open-files', limits.openFiles],
  ];
  const asked = new Map<LimitName, number>();
  for (const [name, value] of pairs) if (value !== null) asked.set(name, value);
  return asked;
}

export function isWatched(held: readonly HeldLimit[], limit: LimitName): boolean {
  return held.some((one) => one.limit === limit && one.by === 'watched');
}
