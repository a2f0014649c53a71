/**
 * Which file systems a service uses: that of its working directory and those mounted below it, of
 * the folders that its variables, arguments and clean-up list name, of its log, and of files that
 * its log says could not be written.
 */
import { realpathSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Service } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { mountOf, readMounts, type Mount } from '@fettle/proc/mounts';

export type DiskReading = Readonly<{
  usedRatio: number;
  freeBytes: number;
  /** null: the file system counts none. */
  inodesUsedRatio: number | null;
}>;

const maxPaths = 30;
const maxInside = 8;

/** Of one look: what is mounted, and where paths really lead, for services that share them. */
export type Mounted = Readonly<{ mounts: readonly Mount[]; realPaths: Map<string, string> }>;

export function lookAtMounts(mounts: readonly Mount[] = readMounts()): Mounted {
  return { mounts, realPaths: new Map() };
}

/** By mount point. Kernel file systems are no disks. */
export function mountsOf(
  service: Service,
  views: readonly InstanceView[],
  { mounts, realPaths }: Mounted,
  lines: readonly string[] = [],
): ReadonlyMap<string, Mount> {
  const found = new Map<string, Mount>();
  const add = (mount: Mount | null): void => {
    if (mount !== null && !/^(?:proc|sysfs|devtmpfs|cgroup2?)$/.test(mount.type))
      found.set(mount.path, mount);
  };
  for (const path of [...pathsOf(service, views), ...unwritten(lines)])
    add(mountOf(realPath(path, realPaths), mounts));
  const home = `${realPath(service.workingDir, realPaths)}/`;
  const inside = mounts.filter(({ path }) => path.startsWith(home));
  for (const mount of inside.slice(0, maxInside)) add(mount);
  return found;
}

/** Files that lines about a full or read-only disk name. They are only looked up, never opened. */
function unwritten(lines: readonly string[]): readonly string[] {
  const full = /ENOSPC|EROFS|EDQUOT|no space left|read-only file ?system|disk (?:is )?full|quota/i;
  const named = lines
    .slice(-200)
    .filter((line) => full.test(line))
    .flatMap((line) => line.slice(0, 1_000).match(/\/[\w.@+-]+(?:\/[\w.@+-]+)+/g) ?? []);
  return [...new Set(named)].slice(-10);
}

function pathsOf(service: Service, views: readonly InstanceView[]): readonly string[] {
  const { workingDir, command, environment, configs = [], cleanup = [] } = service;
  const words = [...command.flatMap((one) => one.split(/[\s=]+/)), ...Object.values(environment)];
  const absolute = words.filter(
    (word) => /^\/[\w./@+-]{1,400}$/.test(word) && !word.includes('//'),
  );
  const spools = views.flatMap(({ spool }) => (spool === null ? [] : dirname(spool)));
  // Of a pattern the part before its first wildcard.
  const cleaned = cleanup.map((pattern) => dirname(pattern.replace(/[*?[{].*$/, 'x')));
  const named = configs.map(({ path }) => path);
  const all = [workingDir, ...spools, ...cleaned, ...named, ...absolute];
  return [...new Set(all)].filter((path) => !/^\/(?:dev|proc|sys)\b/.test(path)).slice(0, maxPaths);
}

/** Of the nearest folder that exists: what will be written comes there. */
function realPath(path: string, known: Map<string, string>): string {
  const before = known.get(path);
  if (before !== undefined) return before;
  const found = resolved(path);
  known.set(path, found);
  return found;
}

function resolved(path: string): string {
  for (let at = path; ; at = dirname(at))
    try {
      return realpathSync(at);
    } catch {
      if (at === '/' || at === '.') return '/';
    }
}

/** As `df` counts: what is kept for root is not free. null: it cannot be read. */
export async function readDisk(path: string): Promise<DiskReading | null> {
  try {
    const { bavail, bfree, blocks, bsize, ffree, files } = await statfs(path);
    const used = blocks - bfree;
    return {
      usedRatio: used + bavail === 0 ? 0 : used / (used + bavail),
      freeBytes: bavail * bsize,
      inodesUsedRatio: files === 0 ? null : (files - ffree) / files,
    };
  } catch {
    return null;
  }
}
