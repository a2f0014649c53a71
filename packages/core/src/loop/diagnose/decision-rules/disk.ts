/** Causes on disks: no bytes, no inodes, deleted files that live on, read-only, a flood of lines. */
import type { MountExam } from '../../collect/exam.ts';
import type { Template } from '../../collect/template-tree.ts';
import { complaint, complaintClue, whyClue } from '../asking.ts';
import { clue, when } from '../clue.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { latest, usual } from '../figures.ts';
import { rule } from '../make-rule.ts';

const fullRatio = 0.97;
const fewBytes = 20_000_000;

type Disk = Readonly<{
  path: string;
  usedRatio: number | null;
  inodesUsedRatio: number | null;
  exam: MountExam | null;
}>;

/** Disks that a closer look found or that show a symptom. */
function disksOf(situation: Situation): readonly Disk[] {
  const { exam, symptoms } = situation;
  const seen = (exam?.mounts ?? []).map((mount) => ({ path: mount.path, exam: mount }));
  const shown = symptoms
    .filter(({ target }) => target.startsWith('@disk:'))
    .map(({ target }) => target.slice('@disk:'.length))
    .filter((path) => !seen.some((one) => one.path === path))
    .map((path) => ({ path, exam: mountSeen(situation, path) }));
  return [...seen, ...shown].map(({ path, exam: mount }) => ({
    path,
    exam: mount,
    usedRatio: mount?.usedRatio ?? latest(situation, 'disk_used_ratio', `@disk:${path}`),
    inodesUsedRatio:
      mount?.inodesUsedRatio ?? latest(situation, 'inodes_used_ratio', `@disk:${path}`),
  }));
}

/** As the newest look of anybody found it: a disk is the same to all that use it. */
function mountSeen({ exams }: Situation, path: string): MountExam | null {
  const looks = [...exams.values()].toSorted((a, b) => b.atMs - a.atMs);
  return looks.flatMap(({ mounts }) => mounts.find((one) => one.path === path) ?? [])[0] ?? null;
}

function isFull({ usedRatio, exam }: Disk): boolean {
  const ratio = usedRatio ?? 0;
  return ratio >= fullRatio || (exam !== null && exam.freeBytes < fewBytes && ratio >= 0.95);
}

function lacksInodes({ inodesUsedRatio }: Disk): boolean {
  return (inodesUsedRatio ?? 0) >= fullRatio;
}

function deletedBytes({ exam }: Disk): number {
  return exam?.deletedOpen.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0;
}

/** Deleted files are the point when they hold a good part of the disk, more than can be cleaned. */
function heldByDeleted(disk: Disk): boolean {
  if (disk.exam === null) return false;
  const bytes = deletedBytes(disk);
  const size = disk.exam.freeBytes / Math.max(1 - disk.exam.usedRatio, 0.001);
  return bytes >= Math.min(500_000_000, 0.15 * size) && bytes >= 2 * disk.exam.reclaimable.bytes;
}

function percent(share: number | null): string {
  return share === null ? '?' : `${Math.round(share * 100)} %`;
}

function diskParams(disk: Disk): Readonly<Record<string, string | number>> {
  const writer = disk.exam?.topWriter ?? null;
  return {
    path: disk.path,
    ...(disk.exam === null ? {} : { reclaimableBytes: disk.exam.reclaimable.bytes }),
    ...(writer === null ? {} : { writer }),
  };
}

const diskFull = rule('disk_full', (situation) => {
  const disk = disksOf(situation).find(isFull);
  const told = complaint(situation, 'disk-full');
  const why = whyClue(situation, 'disk_full');
  if (disk === undefined && told === null && why === null) return null;
  const inodes = disksOf(situation).some(lacksInodes);
  const flood = floodingTemplate(situation);
  return {
    target: disk === undefined ? situation.service.name : `@disk:${disk.path}`,
    sentence:
      disk === undefined
        ? `${situation.service.name} can write no more: the disk is full`
        : `the disk ${disk.path} is full (${percent(disk.usedRatio)})`,
    params: disk === undefined ? {} : diskParams(disk),
    for: [
      when(disk !== undefined, () =>
        clue(0.8, 'disk', `${disk?.path}: ${percent(disk?.usedRatio ?? null)} in use`),
      ),
      complaintClue(told, 0.55),
      why,
      when(
        situation.symptoms.some(
          ({ target, kind }) => target === `@disk:${disk?.path}` && kind !== 'trend',
        ),
        () => clue(0.3, 'disk', `${disk?.path} shows it`),
      ),
    ],
    against: [
      when(disk === undefined && inodes, () => clue(0.9, 'disk', 'there are bytes, and no inodes')),
      when(disk === undefined && situation.exam !== null && situation.exam.mounts.length > 0, () =>
        clue(0.4, 'disk', 'no disk that it uses is full now'),
      ),
      when(disk !== undefined && heldByDeleted(disk), () =>
        clue(0.9, 'disk', 'deleted files that are still open hold the room'),
      ),
      when(flood !== null, () => clue(0.3, 'template', 'one line is most of what is written')),
    ],
  };
});

const inodes = rule('inode_exhaustion', (situation) => {
  const disk = disksOf(situation).find(lacksInodes);
  if (disk === undefined) return null;
  return {
    target: `@disk:${disk.path}`,
    sentence: `the disk ${disk.path} has no inodes left (${percent(disk.inodesUsedRatio)}): too many small files`,
    params: diskParams(disk),
    for: [
      clue(0.88, 'disk', `${disk.path}: ${percent(disk.inodesUsedRatio)} of the inodes in use`),
      complaintClue(complaint(situation, 'disk-full'), 0.4),
      whyClue(situation, 'inode_exhaustion'),
    ],
    against: [when(isFull(disk), () => clue(0.3, 'disk', 'its bytes are used up as well'))],
  };
});

const deletedOpen = rule('deleted_open_file', (situation) => {
  const disk = disksOf(situation).find(heldByDeleted);
  const holder = disk?.exam?.deletedOpen.toSorted((a, b) => b.bytes - a.bytes)[0];
  if (disk === undefined || holder === undefined) return null;
  const short = (disk.usedRatio ?? 0) >= 0.85;
  const megabytes = Math.round(holder.bytes / 1e6);
  return {
    target: holder.service ?? `@disk:${disk.path}`,
    sentence: `${holder.service ?? `pid ${holder.pid}`} holds ${megabytes} MB of deleted files open on ${disk.path}`,
    params: { ...diskParams(disk), pid: holder.pid, bytes: holder.bytes },
    for: [
      clue(
        0.7,
        'disk',
        `${megabytes} MB are deleted and not freed: pid ${holder.pid} has them open`,
      ),
      when(short, () => clue(0.5, 'disk', `${disk.path}: ${percent(disk.usedRatio)} in use`)),
      complaintClue(complaint(situation, 'disk-full'), 0.3),
    ],
    against: [when(!short, () => clue(0.3, 'disk', 'there is room left'))],
  };
});

const readOnly = rule('readonly_fs', (situation) => {
  const mount = situation.exam?.mounts.find((one) => one.readOnly);
  const told = complaint(situation, 'read-only');
  const why = whyClue(situation, 'readonly_fs');
  if (told === null && why === null) return null;
  const writable = mount === undefined && (situation.exam?.mounts.length ?? 0) > 0;
  return {
    target: mount === undefined ? situation.service.name : `@disk:${mount.path}`,
    sentence: `${mount?.path ?? `a disk of ${situation.service.name}`} is mounted read-only: nothing can be written`,
    params: mount === undefined ? {} : { path: mount.path },
    for: [
      complaintClue(told, 0.65),
      why,
      when(mount !== undefined, () => clue(0.7, 'disk', `${mount?.path} is read-only`)),
    ],
    against: [when(writable, () => clue(0.4, 'disk', 'its disks are writable now'))],
  };
});

/** One template that is nearly all of what a log writes. */
function floodingTemplate({ service, sinceMs, nowMs }: Situation): Template | null {
  const fromMs = Math.max(nowMs - 300_000, Math.min(sinceMs, nowMs - 30_000));
  const sized = service.templates.templates().map((one) => {
    const lines = service.templates.countSince(one.id, fromMs, nowMs + 1);
    return { one, bytes: lines * (one.bytes / Math.max(1, one.count)), lines };
  });
  const total = sized.reduce((sum, { bytes }) => sum + bytes, 0);
  const most = sized.toSorted((a, b) => b.bytes - a.bytes)[0];
  if (most === undefined || most.lines < 200) return null;
  return most.bytes >= 0.8 * total ? most.one : null;
}

const logFlood = rule('log_flood', (situation) => {
  const { service, picture } = situation;
  const template = floodingTemplate(situation);
  const rate = latest(situation, 'log_bytes_per_s') ?? 0;
  const before = usual(picture, service.name, 'log_bytes_per_s', situation);
  const times = before === null ? null : rate / Math.max(before, 50);
  if (template === null || rate < 20_000 || (times !== null && times < 8)) return null;
  const surge = situation.symptoms.some(({ kind }) => kind === 'template-surge');
  const disk = disksOf(situation).find(isFull);
  return {
    target: service.name,
    sentence: `${service.name} floods its log: one line is nearly all of ${Math.round(rate / 1_000)} kB a second`,
    params: { template: template.text, templateId: template.id },
    for: [
      clue(0.65, 'template', `nearly all of it is: ${template.example}`),
      clue(times === null ? 0.3 : 0.5, 'series', `${Math.round(rate / 1_000)} kB a second of log`),
      when(surge, () => clue(0.3, 'template', 'the line came up all at once')),
      when(disk?.exam?.topWriter === service.name, () =>
        clue(0.4, 'disk', `it takes most of ${disk?.path}`),
      ),
    ],
  };
});

export const diskRules: readonly DecisionRule[] = [
  diskFull,
  inodes,
  deletedOpen,
  readOnly,
  logFlood,
];
