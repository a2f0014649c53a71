/**
 * Which file systems a service uses: that of its working directory, of the folders that its
 * variables and arguments name, and of its log.
 */
import { realpathSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Service } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { mountOf, type Mount } from '@fettle/proc/mounts';

export type DiskReading = Readonly<{
  usedRatio: number;
  freeBytes: number;
  /** null: the file system counts none. */
  inodesUsedRatio: number | null;
}>;

const maxPaths = 30;

/** By mount point. Kernel file systems are no disks. */
export function mountsOf(
  service: Service,
  views: readonly InstanceView[],
  mounts: readonly Mount[],
): ReadonlyMap<string, Mount> {
  const found = new Map<string, Mount>();
  for (const path of pathsOf(service, views)) {
    const mount = mountOf(realPath(path), mounts);
    if (mount !== null && !/^(?:proc|sysfs|devtmpfs|cgroup2?)$/.test(mount.type))
      found.set(mount.path, mount);
  }
  return found;
}

function pathsOf(service: Service, views: readonly InstanceView[]): readonly string[] {
  const { workingDir, command, environment, configs = [] } = service;
  const words = [...command.flatMap((one) => one.split(/[\s=]+/)), ...Object.values(environment)];
  const absolute = words.filter(
    (word) => /^\/[\w./@+-]{1,400}$/.test(word) && !word.includes('//'),
  );
  const spools = views.flatMap(({ spool }) => spool ?? []);
  const all = [workingDir, ...spools, ...configs.map(({ path }) => path), ...absolute];
  return [...new Set(all)].filter((path) => !/^\/(?:dev|proc|sys)\b/.test(path)).slice(0, maxPaths);
}

/** Of the nearest folder that exists: what will be written comes there. */
function realPath(path: string): string {
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
