/**
 * Figures over time, by subject and metric: bounded rings with what detectors ask of them.
 *
 * Times are the loop's clock. Everything answers null where there is not enough data.
 */
import type { Metric, Sample } from './metric.ts';

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
  ): Readonly<{ perS: number; r2: number; points: number }> | null;
  /** What is usual: median and spread (MAD, scaled to a standard deviation), recent hour left out. */
  baseline(
    subject: string,
    metric: Metric,
    nowMs: number,
  ): Readonly<{ median: number; spread: number; points: number }> | null;
  subjects(): readonly string[];
  forget(subject: string): void;
}>;
export type Point = Readonly<{ atMs: number; value: number }>;
