/**
 * Figures over time, by subject and metric: bounded rings with what detectors ask of them.
 *
 * Three resolutions: 5 s for 15 minutes, 1 min for 6 hours, 10 min for 7 days; at most 6,192 bytes
 * of values a series once it is a week old, and at most `maxSeries` series. Times are the loop's
 * clock. Everything answers null where there is not enough data.
 */
import type { Metric, Sample } from './metric.ts';
import type { Point } from './point.ts';
import { medianAndSpread, theilSen, type RobustLine } from './robust.ts';
import { addToRing, oldestMs, openRing, scanRing, type SeriesRing } from './series-ring.ts';

export type SeriesStore = Readonly<{
  add(atMs: number, samples: readonly Sample[]): void;
  /** The newest value, null when older than 60 s. */
  last(subject: string, metric: Metric, nowMs: number): number | null;
  /** Values with times, oldest first. */
  points(subject: string, metric: Metric, sinceMs: number): readonly Point[];
  mean(subject: string, metric: Metric, sinceMs: number): number | null;
  /** Robust slope (Theil-Sen) in units per second, with the share of variance it explains. */
  slope(
    subject: string,
    metric: Metric,
    sinceMs: number,
  ): (RobustLine & Readonly<{ points: number }>) | null;
  /** What is usual: median and spread (MAD, scaled to a standard deviation), recent hour left out. */
  baseline(subject: string, metric: Metric, nowMs: number): Baseline | null;
  subjects(): readonly string[];
  forget(subject: string): void;
  /** All that it holds, not copied: for a snapshot that is written at once. */
  dump(): SeriesDump;
}>;
/** What `openSeries` goes on with; written to capsules of incidents. */
export type SeriesDump = { count: number; readonly all: Map<string, Map<Metric, Series>> };
export type { Point } from './point.ts';
export type Baseline = Readonly<{
  median: number;
  spread: number;
  points: number;
  /** Of minutes instead of hours: troubles of these minutes are a good part of it. */
  isYoung: boolean;
}>;

/** 500 services with 17 figures each; more are not kept. */
const maxSeries = 8_500;
const freshMs = 60_000;
const recentMs = 3_600_000;
/** Fewer say nothing of what is usual. */
const leastBaselinePoints = 20;
/** A baseline is worked out again after this long, not all of them at the same moment. */
const baselineLivesMs = 60_000;
const oldBaselineLivesMs = 600_000;
/** Without an hour of history the last minutes are left out instead. */
const youngRecentMs = 120_000;

type Series = {
  readonly fine: SeriesRing;
  readonly medium: SeriesRing;
  readonly coarse: SeriesRing;
  /** Of the first value that was ever added. */
  firstMs: number;
  lastMs: number;
  lastValue: number;
  baseline: Baseline | null;
  /** When it is worked out again. */
  baselineUntilMs: number;
  /** 0-1, by age: spreads the work. */
  readonly turn: number;
};

/** `from`: goes on where that dump was taken. */
export function openSeries(from: SeriesDump = { count: 0, all: new Map() }): SeriesStore {
  const { all } = from;
  const find = (subject: string, metric: Metric): Series | undefined =>
    all.get(subject)?.get(metric);
  const points = (subject: string, metric: Metric, sinceMs: number): readonly Point[] => {
    const series = find(subject, metric);
    return series === undefined ? [] : pointsOf(series, sinceMs);
  };
  const make = (subject: string, metric: Metric): Series | undefined => {
    if (from.count >= maxSeries) return undefined;
    from.count += 1;
    const series = openOne((from.count % 97) / 97);
    const ofSubject = all.get(subject);
    if (ofSubject === undefined) all.set(subject, new Map([[metric, series]]));
    else ofSubject.set(metric, series);
    return series;
  };
  return {
    add(atMs, samples) {
      for (const { subject, metric, value } of samples) {
        if (!Number.isFinite(value)) continue;
        const series = find(subject, metric) ?? make(subject, metric);
        if (series !== undefined) addOne(series, atMs, value);
      }
    },
    last(subject, metric, nowMs) {
      const series = find(subject, metric);
      return series === undefined || nowMs - series.lastMs > freshMs ? null : series.lastValue;
    },
    points,
    mean(subject, metric, sinceMs) {
      const found = points(subject, metric, sinceMs);
      let sum = 0;
      for (const { value } of found) sum += value;
      return found.length === 0 ? null : sum / found.length;
    },
    slope(subject, metric, sinceMs) {
      const found = points(subject, metric, sinceMs);
      const line = theilSen(found);
      return line === null ? null : { ...line, points: found.length };
    },
    baseline(subject, metric, nowMs) {
      const series = find(subject, metric);
      return series === undefined ? null : baselineOf(series, nowMs);
    },
    subjects: () => [...all.keys()],
    forget(subject) {
      from.count -= all.get(subject)?.size ?? 0;
      all.delete(subject);
    },
    dump: () => from,
  };
}

function openOne(turn: number): Series {
  return {
    fine: openRing(5_000, 180),
    medium: openRing(60_000, 360),
    coarse: openRing(600_000, 1_008),
    firstMs: Number.POSITIVE_INFINITY,
    lastMs: 0,
    lastValue: 0,
    baseline: null,
    baselineUntilMs: Number.NEGATIVE_INFINITY,
    turn,
  };
}

function addOne(series: Series, atMs: number, value: number): void {
  addToRing(series.fine, atMs, value);
  addToRing(series.medium, atMs, value);
  addToRing(series.coarse, atMs, value);
  series.firstMs = Math.min(series.firstMs, atMs);
  if (atMs < series.lastMs) return;
  series.lastMs = atMs;
  series.lastValue = value;
}

/** The finest ring that reaches back far enough, or to the first value; else the coarsest. */
function pointsOf(series: Series, sinceMs: number): readonly Point[] {
  const found: Point[] = [];
  const wantedMs = Math.max(sinceMs, series.firstMs);
  const reaches = (ring: SeriesRing): boolean => oldestMs(ring) <= wantedMs;
  const { fine, medium, coarse } = series;
  const ring = reaches(fine) ? fine : reaches(medium) ? medium : coarse;
  scanRing(ring, sinceMs, Number.POSITIVE_INFINITY, (atMs, value) => found.push({ atMs, value }));
  return found;
}

function baselineOf(series: Series, nowMs: number): Baseline | null {
  if (nowMs < series.baselineUntilMs) return series.baseline;
  const untilMs = nowMs - recentMs;
  const old = valuesUntil(series.coarse, untilMs);
  const lasting = old ?? valuesUntil(series.medium, untilMs);
  const values = lasting ?? valuesUntil(series.fine, nowMs - youngRecentMs);
  const livesMs = old === null ? baselineLivesMs : oldBaselineLivesMs;
  series.baselineUntilMs = nowMs + livesMs * (0.75 + series.turn / 2);
  const points = values?.length ?? 0;
  const isYoung = lasting === null;
  series.baseline = values === null ? null : { ...medianAndSpread(values), points, isYoung };
  return series.baseline;
}

function valuesUntil(ring: SeriesRing, untilMs: number): Float64Array | null {
  const values: number[] = [];
  scanRing(ring, 0, untilMs, (_atMs, value) => values.push(value));
  return values.length < leastBaselinePoints ? null : Float64Array.from(values);
}
