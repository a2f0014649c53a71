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
/** Of its lower half, what lies below this share is chance. */
const lowest = 0.2;

export function usualOf(
  picture: Picture,
  subject: string,
  metric: Metric,
  nowMs: number,
): Baseline | null {
  const baseline = picture.series.baseline(subject, metric, nowMs);
  if (baseline?.isYoung === false) return baseline;
  const values = picture.series
    .points(subject, metric, nowMs - youngMs)
    .filter(({ atMs }) => atMs < nowMs - recentMs)
    .map(({ value }) => value);
  if (values.length < leastPoints) return null;
  const { median, spread } = medianAndSpread(Float64Array.from(values));
  // Troubles of these minutes widen it upwards; how far it goes below its middle they do not touch.
  const below = values.filter((value) => value <= median).toSorted((a, b) => a - b);
  const downwards = median - (below[Math.floor(below.length * lowest)] ?? median);
  const widened = Math.max(Math.min(spread, downwards), Math.abs(median) * leastSpread);
  return { median, spread: widened, points: values.length, isYoung: true };
}
