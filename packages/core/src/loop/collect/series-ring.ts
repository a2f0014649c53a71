/**
 * One figure at one resolution: the mean of each slot of time, newest over oldest.
 *
 * Slots follow the clock, not the samples, so a gap is a gap (NaN) and not a bent line. The array
 * grows to its bound only as the series gets old; single precision is finer than any reading.
 */

export type SeriesRing = {
  readonly stepMs: number;
  readonly slots: number;
  values: Float32Array;
  /** Number of the newest slot since the epoch; -1: empty. */
  newest: number;
  /** Of the newest slot, which is still being filled. */
  sum: number;
  count: number;
};

const FIRST_SLOTS = 32;

export function openRing(stepMs: number, slots: number): SeriesRing {
  const values = new Float32Array(Math.min(FIRST_SLOTS, slots)).fill(Number.NaN);
  return { stepMs, slots, values, newest: -1, sum: 0, count: 0 };
}

export function addToRing(ring: SeriesRing, atMs: number, value: number): void {
  const slot = Math.floor(atMs / ring.stepMs);
  if (slot !== ring.newest && !moveTo(ring, slot)) return;
  ring.sum += value;
  ring.count += 1;
  ring.values[slot % ring.values.length] = ring.sum / ring.count;
}

/** False: the sample is older than the newest slot, which is closed history. */
function moveTo(ring: SeriesRing, slot: number): boolean {
  if (slot < ring.newest) return false;
  if (ring.newest >= 0) {
    grow(ring, slot);
    const { length } = ring.values;
    const from = Math.max(ring.newest + 1, slot - length + 1);
    for (let at = from; at <= slot; at += 1) ring.values[at % length] = Number.NaN;
  }
  ring.newest = slot;
  ring.sum = 0;
  ring.count = 0;
  return true;
}

/** Doubles the array when the slot to come would overwrite one that is still wanted. */
function grow(ring: SeriesRing, slot: number): void {
  const { length } = ring.values;
  const oldest = Math.max(0, ring.newest - length + 1);
  if (length >= ring.slots || slot - oldest < length) return;
  if (Number.isNaN(ring.values[oldest % length]!) && isEmptyBefore(ring, slot)) return;
  const larger = new Float32Array(Math.min(ring.slots, length * 2)).fill(Number.NaN);
  for (let at = oldest; at <= ring.newest; at += 1) {
    larger[at % larger.length] = ring.values[at % length]!;
  }
  ring.values = larger;
}

/** Is everything that `slot` would push out empty? */
function isEmptyBefore(ring: SeriesRing, slot: number): boolean {
  const { length } = ring.values;
  const oldest = Math.max(0, ring.newest - length + 1);
  for (let at = oldest; at <= Math.min(ring.newest, slot - length); at += 1) {
    if (!Number.isNaN(ring.values[at % length]!)) return false;
  }
  return true;
}

/** Calls `each` for every filled slot that begins in [sinceMs, untilMs), oldest first. */
export function scanRing(
  ring: SeriesRing,
  sinceMs: number,
  untilMs: number,
  each: (atMs: number, value: number) => void,
): void {
  if (ring.newest < 0) return;
  const { length } = ring.values;
  const oldest = Math.max(0, ring.newest - length + 1, Math.ceil(sinceMs / ring.stepMs));
  const last = Math.min(ring.newest, Math.ceil(untilMs / ring.stepMs) - 1);
  for (let at = oldest; at <= last; at += 1) {
    const value = ring.values[at % length]!;
    if (!Number.isNaN(value)) each(at * ring.stepMs, value);
  }
}

/** Start of the oldest slot that the ring can hold now; Infinity: it is empty. */
export function oldestMs(ring: SeriesRing): number {
  if (ring.newest < 0) return Number.POSITIVE_INFINITY;
  return Math.max(0, ring.newest - ring.slots + 1) * ring.stepMs;
}
