/**
 * What a figure did lately, judged so that no single reading decides: most of a window, and its
 * newest part, must say the same. A gap in the readings says nothing, unless the figure is one that
 * every look brings: then looks are far apart, as on a large stack, and few of them must do.
 */
import type { Metric } from '../collect/metric.ts';
import type { Picture, ServicePicture } from '../collect/picture.ts';
import { isLive } from '../collect/service-health.ts';
import type { Point } from '../collect/point.ts';
import { median } from '../collect/robust.ts';

export type Window = Readonly<{ nowMs: number; windowMs: number }>;

/** Readings come every 5 s; a late one may be missing. */
const readingMs = 5_000;
const leastCoverage = 0.6;
const leastShare = 0.8;
/** Each of them stands for all the time since the one before. */
const leastReadings = 3;
const slowWindowMs = 180_000;
const slowestMs = 60_000;
/** There with every look; others are absent when there is nothing to tell. */
const always: ReadonlySet<Metric> = new Set([
  'cpu',
  'rss_bytes',
  'fds',
  'threads',
  'zombies',
  'lines_per_s',
  'log_bytes_per_s',
]);

export type Recent = Readonly<{
  values: readonly number[];
  median: number;
  last: number;
  sinceMs: number;
}>;

/** null: too few readings in the window, or the newest is missing. */
export function recent(
  picture: Picture,
  subject: string,
  metric: Metric,
  window: Window,
): Recent | null {
  const { nowMs, windowMs } = window;
  const points = picture.series.points(subject, metric, nowMs - windowMs);
  const isDense = points.length >= Math.max(leastReadings, (windowMs / readingMs) * leastCoverage);
  if (isDense) return isFresh(points, nowMs, 3 * readingMs) ? recentOf(points) : null;
  if (!always.has(metric)) return null;
  const slow = picture.series.points(subject, metric, nowMs - slowWindowMs);
  const few = enoughOf(slow, windowMs);
  return isFresh(few, nowMs, slowestMs) ? recentOf(few) : null;
}

/** The newest that make up the window, three of them at least. */
function enoughOf(points: readonly Point[], windowMs: number): readonly Point[] {
  const endMs = points.at(-1)?.atMs ?? 0;
  const from = points.findLastIndex(({ atMs }) => endMs - atMs >= windowMs);
  const least = Math.max(0, points.length - leastReadings);
  return points.slice(from < 0 ? 0 : Math.min(from + 1, least));
}

function isFresh(points: readonly Point[], nowMs: number, forMs: number): boolean {
  const last = points.at(-1);
  return last !== undefined && points.length >= leastReadings && nowMs - last.atMs <= forMs;
}

function recentOf(points: readonly Point[]): Recent {
  const values = points.map(({ value }) => value);
  return {
    values,
    median: median(Float64Array.from(values)),
    last: values[values.length - 1]!,
    sinceMs: points[0]!.atMs,
  };
}

/** Does it hold for nearly all of them, and for the newest? */
export function holds({ values, last }: Recent, test: (value: number) => boolean): boolean {
  return test(last) && values.filter(test).length >= values.length * leastShare;
}

/** Has every run of it lasted this long? Before that, figures are those of a start. */
export function isSettled(service: ServicePicture, forMs: number, nowMs: number): boolean {
  if (service.want === 'down') return false;
  const live = [...service.instances.values()].filter(isLive);
  return (
    live.length > 0 &&
    live.every(({ runSinceMs }) => runSinceMs !== null && nowMs - runSinceMs >= forMs)
  );
}

export function liveCount(service: ServicePicture): number {
  let count = 0;
  for (const instance of service.instances.values()) if (isLive(instance)) count += 1;
  return count;
}
