/**
 * Cuts bytes into log lines and counts them and their levels, as fast as one pass in JavaScript
 * goes: the newline is looked for first, and only the head of the line is read for its level.
 *
 * A line longer than 64 KiB is cut into pieces of that size, counted from where it began, so that
 * reader and index agree on the pieces wherever they begin to read.
 */
import { levelOfBytes } from './log-level.ts';

/** Longest piece that is treated as one line; bytes. */
export const MAX_LINE_BYTES = 65_536;
const NEWLINE = 0x0a;

/** `levels[0]`: lines without one; then trace to fatal. */
export type LineCounts = { lines: number; levels: Uint32Array };

export function emptyCounts(): LineCounts {
  return { lines: 0, levels: new Uint32Array(7) };
}

/**
 * End of the line that begins at `start`: the index after its newline, or after its 64 KiB piece.
 * -1: neither is within `[start, end)`.
 */
export function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  const limit = Math.min(end, start + MAX_LINE_BYTES + 1);
  for (let at = start; at < limit; at++) if (bytes[at] === NEWLINE) return at + 1;
  return limit - start > MAX_LINE_BYTES ? start + MAX_LINE_BYTES : -1;
}

/** Adds all whole lines of `[start, end)` to `counts`; returns where the last whole one ended. */
export function scanLines(
  bytes: Uint8Array,
  start: number,
  end: number,
  counts: LineCounts,
): number {
  let line = start;
  for (;;) {
    const next = lineEnd(bytes, line, end);
    if (next === -1) return line;
    const stop = bytes[next - 1] === NEWLINE ? next - 1 : next;
    counts.levels[levelOfBytes(bytes, line, stop)]!++;
    counts.lines++;
    line = next;
  }
}
