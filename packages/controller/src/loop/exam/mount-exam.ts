/**
 * The file systems that a service uses: room, inodes, read-only, who fills them, what deleted files
 * still take, and what the allow-list (`cleanup:`) would free.
 */
import { statSync } from 'node:fs';
import { glob, stat } from 'node:fs/promises';
import type { MountExam } from '@fettle/core/loop/collect/exam';
import { listHeldFiles, type HeldFile } from '@fettle/proc/deleted-files';
import { mountOf, readMounts, type Mount } from '@fettle/proc/mounts';
import { lookAtMounts, mountsOf, readDisk } from '../disk-places.ts';
import { within } from './deadline.ts';
import type { ExamContext } from './exam-context.ts';

const statfsMs = 1_000;
const globMs = 1_500;
const maxReclaimable = 10_000;
/** Processes whose open files are looked at. */
const maxProcesses = 300;

type Held = HeldFile & Readonly<{ service: string; pid: number }>;

export async function examineMounts(context: ExamContext): Promise<readonly MountExam[]> {
  const { service, views } = context;
  const mounts = readMounts();
  const used = [...mountsOf(service, views, lookAtMounts(mounts), context.lines).values()];
  const held = heldFiles(context);
  return Promise.all(used.map((mount) => examineMount(mount, held, { context, mounts })));
}

type Around = Readonly<{ context: ExamContext; mounts: readonly Mount[] }>;

async function examineMount(
  mount: Mount,
  held: readonly Held[],
  { context, mounts }: Around,
): Promise<MountExam> {
  const device = statSync(mount.path, { throwIfNoEntry: false })?.dev ?? -1;
  const here = held.filter((file) => file.device === device);
  const [disk, reclaimable] = await Promise.all([
    within(statfsMs, readDisk(mount.path), null),
    reclaimableOn(mount, context, mounts),
  ]);
  const deletedOpen = here
    .filter(({ deleted, bytes }) => deleted && bytes > 0)
    .toSorted((one, other) => other.bytes - one.bytes)
    .slice(0, 20)
    .map(({ service, pid, bytes }) => ({ service, pid, bytes }));
  return {
    path: mount.path,
    usedRatio: disk?.usedRatio ?? 0,
    freeBytes: disk?.freeBytes ?? 0,
    inodesUsedRatio: disk?.inodesUsedRatio ?? null,
    readOnly: mount.readOnly,
    deletedOpen,
    reclaimable,
    topWriter: topWriter(here),
  };
}

/** Of every instance: the one that fills a disk is often another than the one that suffers. */
function heldFiles({ deps, pids }: ExamContext): readonly Held[] {
  const found: Held[] = [];
  let looked = 0;
  for (const { instance, service } of deps.link.instances())
    for (const pid of pids.get(instance) ?? []) {
      looked += 1;
      if (looked > maxProcesses) return found;
      for (const file of listHeldFiles(pid) ?? []) found.push({ ...file, pid, service });
    }
  return found;
}

/** Whose files, open for writing or deleted, take most there; a shell's spool counts for its service. */
function topWriter(here: readonly Held[]): string | null {
  const bytes = new Map<string, number>();
  const counted = new Set<string>();
  for (const file of here) {
    const key = `${file.service}\0${file.path}`;
    if ((!file.writable && !file.deleted) || counted.has(key)) continue;
    counted.add(key);
    bytes.set(file.service, (bytes.get(file.service) ?? 0) + file.bytes);
  }
  const [top] = [...bytes].toSorted(([, one], [, other]) => other - one);
  return top === undefined || top[1] === 0 ? null : top[0];
}

/** Of all services: what any of them allows to delete there would help this one. */
async function reclaimableOn(
  mount: Mount,
  { stack }: ExamContext,
  mounts: readonly Mount[],
): Promise<MountExam['reclaimable']> {
  const patterns = stack.services.flatMap(({ cleanup = [] }) => cleanup);
  const found = { files: 0, bytes: 0 };
  const untilMs = performance.now() + globMs;
  for (const pattern of new Set(patterns))
    for await (const path of glob(pattern)) {
      if (found.files >= maxReclaimable || performance.now() > untilMs) return found;
      if (mountOf(path, mounts)?.path !== mount.path) continue;
      const facts = await stat(path).catch(() => null);
      if (facts?.isFile() !== true) continue;
      found.files += 1;
      found.bytes += facts.blocks * 512;
    }
  return found;
}
