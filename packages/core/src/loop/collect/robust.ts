/**
 * Statistics that one bad reading cannot bend: median, MAD, Theil-Sen.
 *
 * A mean follows its outliers, and outliers are what we look for. Sources: Rousseeuw & Croux,
 * "Alternatives to the Median Absolute Deviation" (1993); Sen, "Estimates of the Regression
 * Coefficient Based on Kendall's Tau" (1968).
 */
import type { Point } from './point.ts';

/** MAD times this is the standard deviation of normal data. */
const MAD_TO_SIGMA = 1.4826;
/** Pairs grow with the square: more points are thinned to this many first. */
const MOST_SLOPE_POINTS = 60;

/** Sorts `values` in place; they must not be empty. */
export function median(values: Float64Array): number {
  values.sort();
  return middle(values);
}

/** Of sorted values. */
function middle(sorted: Float64Array): number {
  const half = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[half]!;
  return (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Median and spread (MAD as a standard deviation); `values` is used up. */
export function medianAndSpread(
  values: Float64Array,
): Readonly<{ median: number; spread: number }> {
  const centre = median(values);
  for (let i = 0; i < values.length; i += 1) values[i] = Math.abs(values[i]! - centre);
  return { median: centre, spread: median(values) * MAD_TO_SIGMA };
}

/** Value below which `share` (0-1) of the sorted values lie. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1));
  return sorted[at]!;
}

/** Share of the variance that the best straight line explains: cheap, and misled by outliers. */
export function straightness(points: readonly Point[]): number {
  let [x, y, xx, yy, xy] = [0, 0, 0, 0, 0];
  const startMs = points[0]?.atMs ?? 0;
  const base = points[0]?.value ?? 0;
  for (const point of points) {
    const at = point.atMs - startMs;
    const value = point.value - base;
    x += at;
    y += value;
    xx += at * at;
    yy += value * value;
    xy += at * value;
  }
  const n = points.length;
  const spread = (n * xx - x * x) * (n * yy - y * y);
  return spread <= 0 ? 0 : (n * xy - x * y) ** 2 / spread;
}

export type RobustLine = Readonly<{
  /** Median of the slopes of all pairs, units per second, and its 90 % interval. */
  perS: number;
  lowPerS: number;
  highPerS: number;
  /** Share of the variance that the line explains, 0-1. */
  r2: number;
}>;

export function theilSen(all: readonly Point[]): RobustLine | null {
  const points = thin(all);
  const { length } = points;
  if (length < 2) return null;
  const slopes = new Float64Array((length * (length - 1)) / 2);
  let count = 0;
  for (let i = 0; i < length; i += 1) {
    for (let j = i + 1; j < length; j += 1) {
      const seconds = (points[j]!.atMs - points[i]!.atMs) / 1000;
      if (seconds > 0) slopes[count++] = (points[j]!.value - points[i]!.value) / seconds;
    }
  }
  if (count === 0) return null;
  const sorted = slopes.subarray(0, count);
  const perS = median(sorted);
  // Ranks of the interval's ends: Kendall's variance, normal approximation (Sen, section 2).
  const reach = 1.645 * Math.sqrt((length * (length - 1) * (2 * length + 5)) / 18);
  const low = Math.max(0, Math.floor((count - reach) / 2));
  const high = Math.min(count - 1, Math.ceil((count + reach) / 2));
  return { perS, lowPerS: sorted[low]!, highPerS: sorted[high]!, r2: explained(points, perS) };
}

/** 1 - residual / total variance around the line through the medians, never below 0. */
function explained(points: readonly Point[], perS: number): number {
  const startMs = points[0]!.atMs;
  const offset = median(
    Float64Array.from(points, ({ atMs, value }) => value - (perS * (atMs - startMs)) / 1000),
  );
  let mean = 0;
  for (const { value } of points) mean += value / points.length;
  let total = 0;
  let residual = 0;
  for (const { atMs, value } of points) {
    total += (value - mean) ** 2;
    residual += (value - offset - (perS * (atMs - startMs)) / 1000) ** 2;
  }
  return total === 0 ? 0 : Math.max(0, 1 - residual / total);
}

/** Means of equal groups: keeps the slope, and takes noise away. */
function thin(points: readonly Point[]): readonly Point[] {
  if (points.length <= MOST_SLOPE_POINTS) return points;
  const size = Math.ceil(points.length / MOST_SLOPE_POINTS);
  const thinned: Point[] = [];
  for (let from = 0; from < points.length; from += size) {
    const to = Math.min(points.length, from + size);
    let atMs = 0;
    let value = 0;
    for (let i = from; i < to; i += 1) {
      atMs += points[i]!.atMs / (to - from);
      value += points[i]!.value / (to - from);
    }
    thinned.push({ atMs, value });
  }
  return thinned;
}
