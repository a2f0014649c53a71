/**
 * What is usual for a figure: its baseline, or for a young service all that was before this minute.
 *
 * A service that has run for five minutes has no history worth the name, but if it answered in 3 ms
 * until a minute ago and in 600 ms since, nobody needs a week to see it.
 */
import type { Metric } from '../collect/metric.ts';
import type { Picture } from '../collect/picture.ts';
import { medianAndSpread } from '../collect/robust.ts';
import type { Baseline } from '../collect/series-store.ts';

const recentMs = 60_000;
const youngMs = 900_000;
const leastPoints = 8;
/** So few points show too little of the spread. */
const leastSpread = 0.25;

export function usualOf(
  picture: Picture,
  subject: string,
  metric: Metric,
  nowMs: number,
): Baseline | null {
  const baseline = picture.series.baseline(subject, metric, nowMs);
  if (baseline !== null) return baseline;
  const values = picture.series
    .points(subject, metric, nowMs - youngMs)
    .filter(({ atMs }) => atMs < nowMs - recentMs)
    .map(({ value }) => value);
  if (values.length < leastPoints) return null;
  const { median, spread } = medianAndSpread(Float64Array.from(values));
  const widened = Math.max(spread, Math.abs(median) * leastSpread);
  return { median, spread: widened, points: values.length };
}
