/** The figures of services around a trouble, as the ranking of suspects wants them. */
import type { Metric } from '../collect/metric.ts';
import type { Picture } from '../collect/picture.ts';
import { linksOf } from './neighbours.ts';
import { rankSuspects, type Figure, type Suspect } from './suspicion.ts';

const told: readonly Readonly<{ metric: Metric; weight: number }>[] = [
  { metric: 'request_p95_ms', weight: 1 },
  { metric: 'error_ratio', weight: 1 },
  { metric: 'probe_ms', weight: 0.9 },
  { metric: 'cpu', weight: 0.8 },
  { metric: 'error_lines_per_s', weight: 0.7 },
  { metric: 'rss_bytes', weight: 0.6 },
  { metric: 'connections_in', weight: 0.6 },
  { metric: 'requests_per_s', weight: 0.4 },
];
const stepMs = 10_000;
const usualMs = 900_000;
const latelyMs = 120_000;

/** `names`: who may be it; the first is where it hurts. Best first. */
export function suspectsAmong(
  picture: Picture,
  names: readonly string[],
  { sinceMs, nowMs }: Readonly<{ sinceMs: number; nowMs: number }>,
): readonly Suspect[] {
  const target = names[0] ?? '';
  const fromMs = Math.max(sinceMs - 30_000, nowMs - latelyMs);
  const figures = new Map(
    names.map((name) => [name, figuresOf(picture, name, { fromMs, nowMs })] as const),
  );
  const pain = figures.get(target)?.find(({ lately }) => lately.some((value) => value !== null));
  return rankSuspects({
    target,
    hurts: pain?.kind ?? 'none',
    figures,
    needs: (name) => linksOf(picture, name).map(({ to }) => to),
  });
}

function figuresOf(
  picture: Picture,
  name: string,
  { fromMs, nowMs }: Readonly<{ fromMs: number; nowMs: number }>,
): readonly Figure[] {
  return told.flatMap(({ metric, weight }) => {
    const points = picture.series.points(name, metric, fromMs - usualMs);
    if (points.length === 0) return [];
    const usual = points.filter(({ atMs }) => atMs < fromMs).map(({ value }) => value);
    const lately: (number | null)[] = [];
    for (let atMs = fromMs; atMs < nowMs; atMs += stepMs) {
      const own = points.filter((one) => one.atMs >= atMs && one.atMs < atMs + stepMs);
      const sum = own.reduce((total, { value }) => total + value, 0);
      lately.push(own.length === 0 ? null : sum / own.length);
    }
    return [{ kind: metric, weight, usual, lately }];
  });
}
