/**
 * Builds index blocks from bytes as they come: counts whole lines, closes a block at 64 KiB, after
 * five seconds, or when told. Knows no file.
 */
import {
  emptyCounts,
  MAX_LINE_BYTES,
  scanLines,
  type LineCounts,
} from '@fettle/core/loop/collect/log-scan';
import type { Block } from './block-record.ts';

export const BLOCK_BYTES = 65_536;
/** Lines without a time of their own are known to this precision. */
const BLOCK_SPAN_MS = 5_000;

export type BlockBuilder = Readonly<{
  /** Offset after the last whole line. */
  offset(): number;
  /** Counts the whole lines of `bytes[0, length)`, which stands at `offset()`; returns their end. */
  add(bytes: Uint8Array, length: number, atMs: number): number;
  /** Blocks that are complete, then forgets them. */
  take(): readonly Block[];
  /** Closes the open block, if it has lines. */
  flush(): void;
  /** The block under way; null: empty. */
  open(): Block | null;
  lines(): number;
  /** Goes on at `offset`, leaving out what lies between. */
  skipTo(offset: number): void;
}>;

/** `seenMs`: when the file was last known to end at `offset`. */
export function blockBuilder(offset: number, seenMs: number): BlockBuilder {
  let start = offset;
  let end = offset;
  let counts: LineCounts = emptyCounts();
  let total = 0;
  let beforeMs = seenMs;
  let firstMs = seenMs;
  let lastMs = seenMs;
  let done: Block[] = [];

  const open = (): Block | null =>
    end === start
      ? null
      : { start, end, lines: counts.lines, levels: [...counts.levels], beforeMs, firstMs, lastMs };
  const flush = (): void => {
    const block = open();
    if (block === null) return;
    done.push(block);
    total += counts.lines;
    start = end;
    beforeMs = lastMs;
    counts.lines = 0;
    counts.levels.fill(0);
  };
  const see = (atMs: number): void => {
    // A wall clock that steps back must not break the order that searching relies on.
    const nowMs = Math.max(atMs, lastMs);
    if (end !== start && nowMs - firstMs > BLOCK_SPAN_MS) flush();
    if (end === start) firstMs = nowMs;
    lastMs = nowMs;
  };
  return {
    offset: () => end,
    lines: () => total + counts.lines,
    open,
    flush,
    take() {
      const blocks = done;
      done = [];
      return blocks;
    },
    skipTo(to) {
      flush();
      start = to;
      end = to;
    },
    add(bytes, length, atMs) {
      let at = 0;
      while (at < length) {
        if (end === start || at === 0) see(atMs);
        const room = BLOCK_BYTES - (end - start);
        const wide = end === start ? MAX_LINE_BYTES + 1 : room;
        const limit = Math.min(length, at + wide);
        const next = scanLines(bytes, at, limit, counts);
        end += next - at;
        const isFull = limit < length || end - start >= BLOCK_BYTES;
        if (next === at && (!isFull || end === start)) break;
        at = next;
        if (isFull) flush();
      }
      return at;
    },
  };
}
