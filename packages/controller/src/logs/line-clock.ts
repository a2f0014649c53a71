/**
 * Says when a line was written: its own time where it tells one that can be true, otherwise the
 * time of the line before it, otherwise when its block was seen.
 *
 * A line may quote any date, so its own time is believed only between the last look before it was
 * there (an hour of slack for clocks and buffers) and the look that found it.
 */
import type { Block } from './block-record.ts';

const EARLY_MS = 3_600_000;
const LATE_MS = 60_000;

/** Bounds within which the times of a block's lines lie, for leaving out whole blocks. */
export function blockSpan(block: Block): Readonly<{ fromMs: number; toMs: number }> {
  return { fromMs: block.beforeMs - EARLY_MS, toMs: block.lastMs + LATE_MS };
}

/** `ownMs`: what the line says; null: nothing. */
export type LineClock = (ownMs: number | null, offset: number, block: Block) => number;

export function lineClock(): LineClock {
  let carriedMs: number | null = null;
  return (ownMs, offset, block) => {
    const { fromMs, toMs } = blockSpan(block);
    if (ownMs !== null && ownMs >= fromMs && ownMs <= toMs) {
      carriedMs = ownMs;
      return ownMs;
    }
    if (carriedMs !== null && carriedMs >= fromMs) return carriedMs;
    const part = (offset - block.start) / Math.max(1, block.end - block.start);
    return Math.round(block.firstMs + (block.lastMs - block.firstMs) * Math.min(1, part));
  };
}
