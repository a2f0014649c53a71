/**
 * Counts of durations in buckets, which only ever grow, as Prometheus wants of a histogram: a year
 * of them costs as little as a minute. Source: prometheus.io "Histograms and summaries".
 */

export type Histogram = Readonly<{
  /** Upper bounds, rising. */
  boundsSeconds: readonly number[];
  /** How many were at most that long; cumulative. */
  counts: readonly number[];
  sumSeconds: number;
  count: number;
}>;

export type GrowingHistogram = Readonly<{
  observe(seconds: number): void;
  read(): Histogram;
}>;

export function growingHistogram(boundsSeconds: readonly number[]): GrowingHistogram {
  const counts = boundsSeconds.map(() => 0);
  let sumSeconds = 0;
  let count = 0;
  return {
    observe(seconds) {
      for (const [index, bound] of boundsSeconds.entries())
        if (seconds <= bound) counts[index] = (counts[index] ?? 0) + 1;
      sumSeconds += seconds;
      count += 1;
    },
    read: () => ({ boundsSeconds, counts: [...counts], sumSeconds, count }),
  };
}
