/**
 * Are all slow, or only this one? On a crowded machine every answer takes longer, ours to be heard
 * included: only what is far slower than the others became says something of one service.
 */
import type { Picture } from '../collect/picture.ts';
import { usualOf } from './usual.ts';

/** Against the others: so many times slower in proportion, and in milliseconds. */
const factor = 3;
const leastMs = 100;
/** Fewer others tell nothing. */
const fewest = 2;
/** Below this, twice as slow is nothing. */
const noticeMs = 2;

export type Slow = Readonly<{ now: number; usual: number }>;

/** Slower by far than the slower quarter of the others became, judged by our probes of them. */
export function standsOut(picture: Picture, name: string, slow: Slow, nowMs: number): boolean {
  const others = [...picture.services.keys()].flatMap((other) => {
    if (other === name) return [];
    const now = picture.series.last(other, 'probe_ms', nowMs);
    const usual = usualOf(picture, other, 'probe_ms', nowMs)?.median ?? null;
    return now === null || usual === null ? [] : [{ now, usual }];
  });
  if (others.length < fewest) return false;
  const times = upper(others.map(timesOf));
  const more = upper(others.map(({ now, usual }) => now - usual));
  return (
    timesOf(slow) >= factor * Math.max(1, times) &&
    slow.now - slow.usual >= Math.max(leastMs, factor * more)
  );
}

const timesOf = ({ now, usual }: Slow): number => now / Math.max(usual, noticeMs);

/** The third quartile. */
function upper(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.75) - 1)] ?? 0;
}
