/**
 * Mends a spool that somebody truncated (`> file`, logrotate's copytruncate) while a service goes
 * on appending to it.
 *
 * Offsets must never be used twice, so the file is made as long as it was before, as a hole, and
 * what was written since is appended once more behind it. The hole is recorded as dropped.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { recordDropped } from './dropped.ts';
import type { RunFiles } from './log-folder.ts';

const MOST_BYTES = 16 * 1024 * 1024;

/** `seenTo`: end of what was read; `keptTo`: up to where segments hold it. Returns `seenTo`. */
export function repairCut(
  run: RunFiles,
  [keptTo, seenTo]: readonly [number, number],
  atMs: number,
): number {
  const fd = openSync(run.spool, 'r+');
  const end = openSync(run.spool, 'a');
  try {
    if (fstatSync(fd).size >= seenTo) return seenTo;
    const start = Math.min(keptTo, seenTo);
    const gone = { token: run.token, start, end: seenTo, lines: null, atMs } as const;
    recordDropped(run.folder, { ...gone, reason: 'truncated' });
    ftruncateSync(fd, seenTo);
    const bytes = Buffer.alloc(Math.min(seenTo, MOST_BYTES));
    const read = readSync(fd, bytes, 0, bytes.length, 0);
    const hole = bytes.subarray(0, read).indexOf(0);
    const written = bytes.subarray(0, hole < 0 ? read : hole);
    if (written.length > 0) writeSync(end, written);
    return seenTo;
  } finally {
    closeSync(fd);
    closeSync(end);
  }
}
