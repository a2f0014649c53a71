/**
 * Does a figure really grow, or does it swing? Memory between two collections of garbage climbs
 * as straight as any leak; what tells them apart is that a leak is always higher than ever before.
 */
import type { Metric } from '../collect/metric.ts';
import type { Picture } from '../collect/picture.ts';
import type { Point } from '../collect/point.ts';
import { straightness, type RobustLine } from '../collect/robust.ts';

export type Growth = RobustLine & Readonly<{ windowMs: number; from: number; now: number }>;

export type Asked = Readonly<{
  subject: string;
  metric: Metric;
  windowMs: number;
  nowMs: number;
  /** Must it be higher than all that was seen in three hours before? */
  newHigh: boolean;
}>;

const leastR2 = 0.8;
/** As many as a minute has; of fewer each must be above the one before, on a line. */
const manyPoints = 12;
const fewPoints = 5;
const fewR2 = 0.93;
/** Of the whole line's. */
const leastPace = 0.4;
const pastMs = 3 * 3_600_000;
/** Garbage lets one peak be a little higher than another. */
const newHighRatio = 1.1;
/** Straight by the cheap measure, which an outlier misleads: below it is no need to ask the dear one. */
const leastStraight = 0.6;

/** null: it does not, or there is too little to tell. */
export function growthOf(picture: Picture, asked: Asked): Growth | null {
  const { subject, metric, windowMs, nowMs, newHigh } = asked;
  const points = picture.series.points(subject, metric, nowMs - windowMs);
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < fewPoints) return null;
  const isFew = points.length < manyPoints;
  if (last.atMs - first.atMs < windowMs * (isFew ? 0.6 : 0.8)) return null;
  // Cheap before dear: most figures do not even end above their start.
  if (last.value <= first.value) return null;
  if (isFew && !rises(points)) return null;
  if (newHigh && !isNewHigh(picture, asked, first.atMs, last.value)) return null;
  if (straightness(points) < leastStraight) return null;
  const line = picture.series.slope(subject, metric, nowMs - windowMs);
  if (line === null || line.r2 < (isFew ? fewR2 : leastR2) || line.lowPerS <= 0) return null;
  if (!goesOn(points, line.perS)) return null;
  return { ...line, windowMs, from: first.value, now: last.value };
}

function rises(points: readonly Point[]): boolean {
  return points.every(({ value }, at) => at === 0 || value > points[at - 1]!.value);
}

/** Does its newest third still rise? Caches that are full now grew as straight as a leak. */
function goesOn(points: readonly Point[], perS: number): boolean {
  const from = points[Math.floor((points.length * 2) / 3) - 1];
  const last = points.at(-1);
  if (from === undefined || last === undefined) return false;
  return last.value - from.value >= (leastPace * perS * (last.atMs - from.atMs)) / 1_000;
}

/** Without a past as long as the window nobody knows what is high. */
function isNewHigh(
  picture: Picture,
  { subject, metric, nowMs, windowMs }: Asked,
  beforeMs: number,
  value: number,
): boolean {
  let oldestMs = Number.POSITIVE_INFINITY;
  for (const sinceMs of [nowMs - pastMs - windowMs, nowMs - 840_000]) {
    for (const point of picture.series.points(subject, metric, sinceMs)) {
      if (point.atMs >= beforeMs) break;
      if (point.value * newHighRatio >= value) return false;
      oldestMs = Math.min(oldestMs, point.atMs);
    }
  }
  return beforeMs - oldestMs >= windowMs * 0.9;
}

export type TimeLeft = Readonly<{ atMs: number; soonMs: number; lateMs: number }>;

/** When it reaches `limit` if it goes on so; ms from now. */
export function timeToLimit({ now, perS, lowPerS, highPerS }: Growth, limit: number): TimeLeft {
  const ms = (slope: number): number => Math.max(0, ((limit - now) / slope) * 1000);
  return { atMs: ms(perS), soonMs: ms(highPerS), lateMs: ms(lowPerS) };
}
