/**
 * Which services grow so fast that the next look at all of them may come too late: a leak that
 * reaches its limit in two minutes is over before a large stack was looked at three times. Those
 * few are looked at alone, at the full pace, for as long as they grow.
 */

export type Grower = Readonly<{ memoryBytes: number; openFiles: number | null }>;

export type Growers = Readonly<{
  /** What a look found of a service. */
  note(service: string, seen: Grower, nowMs: number): void;
  /** Those that grow now; a few. */
  services(nowMs: number): ReadonlySet<string>;
  forget(live: ReadonlySet<string>): void;
}>;

/** Between two looks, however far apart: more than a busy minute of an ordinary program. */
const leastBytes = 4 * 2 ** 20;
const leastRatio = 0.04;
const leastFiles = 8;
const leastFilesRatio = 0.08;
/** A pause in growing is no end of it. */
const watchedMs = 45_000;
const most = 4;

export function watchGrowers(): Growers {
  const last = new Map<string, Grower>();
  /** Newest last. */
  const until = new Map<string, number>();
  return {
    note(service, seen, nowMs) {
      const before = last.get(service);
      last.set(service, seen);
      if (before === undefined || !grew(before, seen)) return;
      until.delete(service);
      until.set(service, nowMs + watchedMs);
    },
    services(nowMs) {
      for (const [service, endMs] of until) if (endMs <= nowMs) until.delete(service);
      return new Set([...until.keys()].slice(-most));
    },
    forget(live) {
      for (const map of [last, until])
        for (const service of map.keys()) if (!live.has(service)) map.delete(service);
    },
  };
}

function grew(before: Grower, now: Grower): boolean {
  const bytes = now.memoryBytes - before.memoryBytes;
  if (bytes >= Math.max(leastBytes, before.memoryBytes * leastRatio)) return true;
  if (now.openFiles === null || before.openFiles === null) return false;
  const files = now.openFiles - before.openFiles;
  return files >= Math.max(leastFiles, before.openFiles * leastFilesRatio);
}
