/** What the figures say of a service: is it slower, busier or bigger than usual, and since when? */
import type { Metric } from '../collect/metric.ts';
import type { Picture } from '../collect/picture.ts';
import { standsOut } from '../detect/crowd.ts';
import { clue, type Clue } from './clue.ts';
import type { Situation } from './decision-rule.ts';
import { downChecks, isSilent } from './vitals.ts';

export type Span = Readonly<{ sinceMs: number; nowMs: number }>;

/** The usual value: the long baseline, else the half hour before the trouble. null: not known. */
export function usual(
  picture: Picture,
  subject: string,
  metric: Metric,
  { sinceMs, nowMs }: Span,
): number | null {
  const known = picture.series.baseline(subject, metric, nowMs);
  if (known !== null) return known.median;
  const before = picture.series
    .points(subject, metric, sinceMs - 1_800_000)
    .filter(({ atMs }) => atMs < sinceMs - 30_000);
  if (before.length < 5) return null;
  const sorted = before.map(({ value }) => value).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

/** Mean of the last minute (or since the trouble began, when that is shorter). */
export function lately(
  picture: Picture,
  subject: string,
  metric: Metric,
  { sinceMs, nowMs }: Span,
): number | null {
  const fromMs = Math.max(nowMs - 60_000, Math.min(sinceMs, nowMs - 10_000));
  return (
    picture.series.mean(subject, metric, fromMs) ?? picture.series.last(subject, metric, nowMs)
  );
}

/** Times the usual; null: not known. */
export function ratio(situation: Situation, metric: Metric, subject?: string): number | null {
  const of = subject ?? situation.service.name;
  const now = lately(situation.picture, of, metric, situation);
  const then = usual(situation.picture, of, metric, situation);
  return now === null || then === null ? null : now / Math.max(then, 1e-9);
}

export function latest(situation: Situation, metric: Metric, subject?: string): number | null {
  const of = subject ?? situation.service.name;
  return lately(situation.picture, of, metric, situation);
}

/** Is it slow, by its requests, its probe, or because it gives no answer at all? */
export function slowness(situation: Situation): Clue | null {
  const { service } = situation;
  const request = latest(situation, 'request_p95_ms');
  const requestRatio = ratio(situation, 'request_p95_ms');
  if (request !== null && requestRatio !== null && requestRatio >= 2 && request >= 50)
    return clue(0.5, 'series', `p95 of requests ${words(request)}, ${times(requestRatio)} usual`);
  const probe = latest(situation, 'probe_ms');
  const probeRatio = ratio(situation, 'probe_ms');
  if (
    probe !== null &&
    probeRatio !== null &&
    probeRatio >= 3 &&
    probe >= 50 &&
    !isCommon(situation)
  )
    return clue(0.45, 'series', `its check takes ${words(probe)}, ${times(probeRatio)} usual`);
  const silent = downChecks(service).find(isSilent);
  if (silent !== undefined) return clue(0.4, 'check', `no answer: ${silent.last.detail}`);
  const said = situation.complaints.findLast(
    ({ kind, isNew }) => isNew && (kind === 'slow' || kind === 'event-loop'),
  );
  return said === undefined ? null : clue(0.35, 'log', said.text, said.atMs);
}

/** Slower by far than the others became: then it is not the machine. */
export function slowAlone(situation: Situation): boolean {
  const { picture, service, nowMs } = situation;
  return (['request_p95_ms', 'probe_ms'] as const).some((metric) => {
    const now = latest(situation, metric);
    const then = usual(picture, service.name, metric, situation);
    return (
      now !== null && then !== null && standsOut(picture, service.name, { now, usual: then }, nowMs)
    );
  });
}

/** So are the checks of the others: then it is the machine, or we who ask. */
function isCommon(situation: Situation): boolean {
  const own = ratio(situation, 'probe_ms') ?? 0;
  const others = [...situation.picture.services.keys()]
    .filter((name) => name !== situation.service.name)
    .flatMap((name) => ratio(situation, 'probe_ms', name) ?? [])
    .toSorted((a, b) => a - b);
  const middle = others[Math.floor(others.length / 2)] ?? 1;
  return others.length >= 2 && own < 3 * Math.max(1, middle);
}

/** Figures of requests that say: it serves as usual. null: no such figures. */
export function servesWell(situation: Situation, subject?: string): boolean | null {
  const rate = latest(situation, 'requests_per_s', subject);
  if (rate === null || rate < 0.1) return null;
  const errors = latest(situation, 'error_ratio', subject) ?? 0;
  const slower = ratio(situation, 'request_p95_ms', subject) ?? 1;
  return errors <= 0.02 && slower < 2;
}

function words(ms: number): string {
  return `${Math.round(ms)} ms`;
}

function times(factor: number): string {
  return `${factor.toFixed(1)} times the`;
}

export type Growth = Readonly<{
  perS: number;
  r2: number;
  from: number;
  to: number;
  spanMs: number;
}>;

/** A young run fills its caches and pools; less of it is left out where the end is foretold. */
const warmMs = 60_000;
const foretoldWarmMs = 15_000;
const growthWindowsMs = [3_600_000, 900_000, 300_000, 120_000, 60_000] as const;

/**
 * Steady growth since the present run began, over the longest time (at most an hour) for which a
 * line explains the figures and the lows rise from quarter to quarter. A heap that is collected
 * rises and falls: its lows stay. A leak that has just begun shows in the shorter times.
 */
export function growth(situation: Situation, metric: Metric): Growth | null {
  const { service, nowMs, symptoms } = situation;
  const runs = [...service.instances.values()].map(({ runSinceMs }) => runSinceMs ?? 0);
  const isForetold = symptoms.some(
    ({ kind, target, key }) =>
      kind === 'forecast' && target === service.name && key.endsWith(`:${metric}`),
  );
  const runMs = Math.max(...runs) + (isForetold ? foretoldWarmMs : warmMs);
  for (const windowMs of growthWindowsMs) {
    const found = growthSince(situation, metric, Math.max(nowMs - windowMs, runMs));
    if (found === null || found.r2 < 0.7) continue;
    const before = situation.picture.series
      .points(service.name, metric, Math.max(nowMs - 3_600_000, runMs))
      .filter(({ atMs }) => atMs < nowMs - found.spanMs);
    // What it had before is no growth: the next tooth of a saw.
    if (before.every(({ value }) => found.to > 1.02 * value)) return found;
  }
  return null;
}

function growthSince(
  { picture, service }: Situation,
  metric: Metric,
  fromMs: number,
): Growth | null {
  const points = picture.series.points(service.name, metric, fromMs);
  const slope = picture.series.slope(service.name, metric, fromMs);
  const first = points[0];
  const last = points.at(-1);
  if (slope === null || first === undefined || last === undefined) return null;
  const spanMs = last.atMs - first.atMs;
  const values = points.map(({ value }) => value);
  const rises = values.length >= 8 ? risesThroughout(values) : risesEachTime(values);
  if (slope.perS <= 0 || spanMs < 30_000 || !rises) return null;
  return { perS: slope.perS, r2: slope.r2, from: first.value, to: last.value, spanMs };
}

/** Of few readings, as a large stack has them, each must say it. */
function risesEachTime(values: readonly number[]): boolean {
  return values.length >= 5 && values.every((value, at) => at === 0 || value > values[at - 1]!);
}

function risesThroughout(values: readonly number[]): boolean {
  const size = Math.floor(values.length / 4);
  const lows = [0, 1, 2, 3].map((part) =>
    Math.min(...values.slice(part * size, part === 3 ? undefined : (part + 1) * size)),
  );
  return lows.every((low, index) => index === 0 || low > (lows[index - 1] ?? 0));
}
