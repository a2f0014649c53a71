/**
 * Does anybody suffer? Requests slower than usual, failing, or probes that are answered late.
 *
 * Latency of requests where an access log tells it; that of our own probe is only ever called so.
 */
import type { Metric } from '../collect/metric.ts';
import type { Picture, ServicePicture } from '../collect/picture.ts';
import { recentRequests } from '../collect/request-figures.ts';
import { holds, recent } from './recent.ts';
import { usualOf } from './usual.ts';

export type Slowdown = Readonly<{
  metric: Metric;
  /** Times slower than usual. */
  factor: number;
  now: number;
  usual: number;
  sinceMs: number;
  /** `answers requests in 900 ms (usually 40 ms)`. */
  text: string;
}>;

const windowMs = 30_000;

/** How much slower, relative and absolute, before anybody notices. */
const gates = [
  { metric: 'request_p95_ms', factor: 2, leastMs: 50, words: 'answers requests in' },
  { metric: 'probe_ms', factor: 4, leastMs: 100, words: 'answers our probe in' },
] as const;

/** null: as fast as usual, or nothing is known. */
export function slowdownOf(
  picture: Picture,
  service: ServicePicture,
  nowMs: number,
): Slowdown | null {
  for (const { metric, factor, leastMs, words } of gates) {
    const last = picture.series.last(service.name, metric, nowMs);
    if (last === null || last < leastMs) continue;
    const usual = usualOf(picture, service.name, metric, nowMs);
    if (usual === null) continue;
    const bar = Math.max(usual.median * factor, usual.median + leastMs + 4 * usual.spread);
    if (last < bar) continue;
    const lately = recent(picture, service.name, metric, { nowMs, windowMs });
    if (lately === null || !holds(lately, (value) => value >= bar)) continue;
    if (metric === 'request_p95_ms' && !areManySlow(service, bar, nowMs)) continue;
    const text = `${words} ${ms(lately.median)} (usually ${ms(usual.median)})`;
    const times = lately.median / Math.max(1, usual.median);
    const { sinceMs } = lately;
    return { metric, factor: times, now: lately.median, usual: usual.median, sinceMs, text };
  }
  return failingProbe(service, nowMs);
}

/**
 * The 95th percentile of ten requests is the slowest one. So many must be slow that chance cannot
 * explain it: twice the share that always is, and three deviations more.
 */
function areManySlow({ requests }: ServicePicture, barMs: number, nowMs: number): boolean {
  // Figures from elsewhere, spans say, were counted there.
  if (requests === null) return true;
  const { slow, timed } = recentRequests(requests, barMs, nowMs);
  const chance = 0.1 * timed;
  return slow >= Math.max(5, chance + 3 * Math.sqrt(chance));
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

/** A probe that is not answered at all has no latency, and is the worst of it. */
function failingProbe(service: ServicePicture, nowMs: number): Slowdown | null {
  for (const { last, failingSinceMs } of service.checks.values()) {
    if (failingSinceMs === null || nowMs - failingSinceMs < 4_000) continue;
    const text = `check ${last.check} fails: ${last.detail}`;
    const now = last.durationMs;
    return { metric: 'probe_ms', factor: 100, now, usual: 0, sinceMs: failingSinceMs, text };
  }
  return null;
}
