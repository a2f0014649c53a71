/**
 * What a figure did lately, judged so that no single reading decides: most of a window, and its
 * newest part, must say the same. A gap in the readings says nothing.
 */
import type { Metric } from '../collect/metric.ts';
import type { Picture, ServicePicture } from '../collect/picture.ts';
import { isLive } from '../collect/service-health.ts';
import { median } from '../collect/robust.ts';

export type Window = Readonly<{ nowMs: number; windowMs: number }>;

/** Readings come every 5 s; a late one may be missing. */
const readingMs = 5_000;
const leastCoverage = 0.6;
const leastShare = 0.8;

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
  { nowMs, windowMs }: Window,
): Recent | null {
  const points = picture.series.points(subject, metric, nowMs - windowMs);
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return null;
  if (points.length < Math.max(3, (windowMs / readingMs) * leastCoverage)) return null;
  if (nowMs - last.atMs > 3 * readingMs) return null;
  const values = points.map(({ value }) => value);
  return {
    values,
    median: median(Float64Array.from(values)),
    last: last.value,
    sinceMs: first.atMs,
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
