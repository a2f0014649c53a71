/**
 * What is gone from an instance's logs, and why: kept so that a gap is said, never passed over.
 *
 * Written before anything is deleted; a deletion cut short by a crash is done again from here.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type DroppedRange = Readonly<{
  token: string;
  /** Byte offsets in the run's spool. */
  start: number;
  end: number;
  /** null: not known. */
  lines: number | null;
  /** `size`, `age`, `disk` (free-space guard), `truncated` (by somebody else). */
  reason: 'size' | 'age' | 'disk' | 'truncated';
  atMs: number;
}>;

/** More ranges than this are merged into their neighbours, oldest first. */
const MAX_RANGES = 400;

export function readDropped(folder: string): readonly DroppedRange[] {
  try {
    const found: unknown = JSON.parse(readFileSync(join(folder, 'dropped.json'), 'utf8'));
    return Array.isArray(found) ? (found as DroppedRange[]) : [];
  } catch {
    return []; // none yet, or torn before rename existed: nothing was dropped
  }
}

/** Adjacent ranges of a run with one reason become one. */
export function recordDropped(folder: string, range: DroppedRange): readonly DroppedRange[] {
  const ranges = [...readDropped(folder)];
  const before = ranges.findIndex(
    ({ token, end, reason }) =>
      token === range.token && reason === range.reason && end === range.start,
  );
  if (before < 0) ranges.push(range);
  else ranges[before] = merge(ranges[before]!, range);
  while (ranges.length > MAX_RANGES) ranges.shift();
  const path = join(folder, 'dropped.json');
  writeFileSync(`${path}.tmp`, `${JSON.stringify(ranges)}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.tmp`, path);
  return ranges;
}

function merge(a: DroppedRange, b: DroppedRange): DroppedRange {
  const lines = a.lines === null || b.lines === null ? null : a.lines + b.lines;
  return { ...a, end: b.end, lines, atMs: b.atMs };
}
