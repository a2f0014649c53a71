/**
 * Disks that are full or nearly so, in bytes or in inodes, and deleted files that still take room.
 *
 * A large disk at 96 % has days left, a small one minutes: both the share and what is free count.
 */
import type { Picture } from '../../collect/picture.ts';
import type { Detector, Sign } from '../detector.ts';
import { signOf } from '../sign.ts';

const gibibyte = 1_073_741_824;
const fullRatio = 0.98;
const fullFreeBytes = 209_715_200;
const nearlyRatio = 0.95;
const nearlyFreeBytes = 5 * gibibyte;
const inodesRatio = 0.98;
/** Deleted and still held: always worth a word from here on, and where a disk is crowded sooner. */
const deletedBytes = gibibyte;
const crowdedRatio = 0.85;
const crowdedShare = 0.1;
const leastDeletedBytes = 1_048_576;

export const disk: Detector = {
  id: 'disk',
  flag: 'performance_monitoring',
  everyMs: 5_000,
  clearMs: 5_000,
  detect(picture, nowMs) {
    const disks = picture.series.subjects().filter((subject) => subject.startsWith('@disk:'));
    return [
      ...disks.flatMap((subject) => roomSigns(picture, subject, nowMs)),
      ...disks.flatMap((subject) => inodeSigns(picture, subject, nowMs)),
      ...deletedSigns(picture, disks, nowMs),
    ];
  },
};

function roomSigns(picture: Picture, subject: string, nowMs: number): readonly Sign[] {
  const used = picture.series.last(subject, 'disk_used_ratio', nowMs);
  const free = picture.series.last(subject, 'disk_free_bytes', nowMs);
  if (used === null || used < nearlyRatio) return [];
  // A small disk never has much: nine tenths of it are no sign of anything.
  const isFull = used >= fullRatio || (free !== null && free < fullFreeBytes);
  const isNearly = free === null || free < nearlyFreeBytes;
  if (!isFull && !isNearly) return [];
  const rest = free === null ? '' : `, ${Math.round(free / 1_048_576)} MiB free`;
  return [
    signOf({
      kind: 'disk',
      target: subject,
      about: 'bytes',
      severity: isFull ? 'error' : 'warn',
      sinceMs: nowMs,
      text: `${subject.slice('@disk:'.length)} is ${(used * 100).toFixed(1)} % full${rest}`,
      from: 'disk',
    }),
  ];
}

function inodeSigns(picture: Picture, subject: string, nowMs: number): readonly Sign[] {
  const used = picture.series.last(subject, 'inodes_used_ratio', nowMs);
  if (used === null || used < inodesRatio) return [];
  return [
    signOf({
      kind: 'disk',
      target: subject,
      about: 'inodes',
      severity: 'error',
      sinceMs: nowMs,
      text: `${subject.slice('@disk:'.length)} has used ${(used * 100).toFixed(1)} % of its inodes`,
      from: 'disk',
    }),
  ];
}

/** Harmless while there is room; with a crowded disk it is where the room went. */
function deletedSigns(picture: Picture, disks: readonly string[], nowMs: number): readonly Sign[] {
  const crowded = disks.flatMap((subject) => crowdedBytes(picture, subject, nowMs) ?? []);
  const bar = Math.min(deletedBytes, ...crowded.map((bytes) => bytes * crowdedShare));
  return [...picture.services.keys()].flatMap((name) => {
    const bytes = picture.series.last(name, 'deleted_open_bytes', nowMs);
    if (bytes === null || bytes < Math.max(leastDeletedBytes, bar)) return [];
    return signOf({
      kind: 'disk',
      target: name,
      about: 'deleted-open',
      severity: crowded.length > 0 ? 'warn' : 'info',
      sinceMs: nowMs,
      text: `${name} holds ${Math.round(bytes / 1_048_576)} MiB of deleted files open`,
      from: 'disk',
    });
  });
}

/** Size of a disk that is nearly full, as far as it can be told; null: there is room. */
function crowdedBytes(picture: Picture, subject: string, nowMs: number): number | null {
  const used = picture.series.last(subject, 'disk_used_ratio', nowMs);
  if (used === null || used < crowdedRatio) return null;
  const free = picture.series.last(subject, 'disk_free_bytes', nowMs) ?? 0;
  return used >= 1 ? 0 : free / (1 - used);
}
