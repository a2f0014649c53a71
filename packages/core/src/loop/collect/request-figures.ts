/**
 * Requests as figures: rate, share of failures (5xx) and the 95th percentile of their time.
 *
 * The window is as short as the traffic allows: 10 s under load, up to a minute where requests are
 * rare, so that one failure among two requests is not half of the world. Durations are counted in
 * buckets that grow by a tenth, which errs by at most 5 %. Source of the buckets: Masson et al.,
 * "DDSketch" (VLDB 2019).
 */
import type { Access } from './access-log.ts';

export type RequestFigures = { readonly slots: Slot[] };
type Slot = {
  readonly atMs: number;
  requests: number;
  failed: number;
  timed: number;
  /** Number of requests by bucket of duration; made with the first duration. */
  durations: Uint32Array | null;
};

export type Figures = Readonly<{
  perS: number;
  /** null: too few requests to tell. */
  errorRatio: number | null;
  /** null: too few, or the log tells no durations. */
  p95Ms: number | null;
}>;

const slotMs = 5_000;
const leastWindowMs = 10_000;
const mostWindowMs = 60_000;
/** With so many requests the window need not be longer. */
const enough = 50;
/** Fewer tell nothing of a share. */
const fewest = 5;
const growth = 1.1;
const buckets = 180;
/** Durations under this share the first bucket. */
const leastMs = 0.1;

export function openRequestFigures(): RequestFigures {
  return { slots: [] };
}

export function addRequest({ slots }: RequestFigures, access: Access, atMs: number): void {
  const slotAtMs = Math.floor(atMs / slotMs) * slotMs;
  let slot = slots.at(-1);
  if (slot === undefined || slot.atMs < slotAtMs) {
    slot = { atMs: slotAtMs, requests: 0, failed: 0, timed: 0, durations: null };
    slots.push(slot);
    while (slots[0]!.atMs < slotAtMs - mostWindowMs) slots.shift();
  }
  slot.requests += 1;
  if (access.status >= 500) slot.failed += 1;
  if (access.durationMs === null) return;
  slot.timed += 1;
  slot.durations ??= new Uint32Array(buckets);
  const at = bucketOf(access.durationMs);
  slot.durations[at] = slot.durations[at]! + 1;
}

function bucketOf(ms: number): number {
  if (!(ms > leastMs)) return 0;
  return Math.min(buckets - 1, Math.ceil(Math.log(ms / leastMs) / Math.log(growth)));
}

/** Of the window that ends now. */
export function figuresOf({ slots }: RequestFigures, nowMs: number): Figures {
  const sum = { requests: 0, failed: 0, timed: 0, durations: new Uint32Array(buckets) };
  let windowMs = leastWindowMs;
  for (let at = slots.length - 1; at >= 0; at -= 1) {
    const slot = slots[at]!;
    const ageMs = nowMs - slot.atMs;
    if (ageMs > mostWindowMs) break;
    if (ageMs > windowMs) {
      if (sum.requests >= enough) break;
      windowMs = ageMs;
    }
    sum.requests += slot.requests;
    sum.failed += slot.failed;
    sum.timed += slot.timed;
    if (slot.durations !== null) addCounts(sum.durations, slot.durations);
  }
  if (sum.requests < enough) windowMs = mostWindowMs;
  return {
    perS: (sum.requests * 1000) / windowMs,
    errorRatio: sum.requests < fewest ? null : sum.failed / sum.requests,
    p95Ms: sum.timed < fewest ? null : percentile(sum.durations, sum.timed, 0.95),
  };
}

function addCounts(sum: Uint32Array, counts: Uint32Array): void {
  for (let bucket = 0; bucket < buckets; bucket += 1) sum[bucket]! += counts[bucket]!;
}

export type RecentRequests = Readonly<{
  requests: number;
  failed: number;
  /** With a known duration, and those that took longer than asked. */
  timed: number;
  slow: number;
}>;

/** Counts of the last minute: shares of few requests are chance, counts say so. */
export function recentRequests(
  { slots }: RequestFigures,
  slowMs: number,
  nowMs: number,
): RecentRequests {
  const found = { requests: 0, failed: 0, timed: 0, slow: 0 };
  const from = bucketOf(slowMs) + 1;
  for (const { atMs, requests, failed, timed, durations } of slots) {
    if (nowMs - atMs > mostWindowMs) continue;
    found.requests += requests;
    found.failed += failed;
    found.timed += timed;
    if (durations === null) continue;
    for (let bucket = from; bucket < buckets; bucket += 1) found.slow += durations[bucket]!;
  }
  return found;
}

function percentile(counts: Uint32Array, total: number, share: number): number {
  let left = Math.ceil(total * share);
  let bucket = 0;
  while (bucket < buckets - 1 && left > counts[bucket]!) {
    left -= counts[bucket]!;
    bucket += 1;
  }
  // The middle of the bucket, so that the error goes both ways.
  return bucket === 0 ? leastMs : leastMs * growth ** (bucket - 0.5);
}
