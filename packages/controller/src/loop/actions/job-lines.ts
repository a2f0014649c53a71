/**
 * A queue that is a file with one job a line: the job is blanked out in place and written to
 * `<file>.dead-letter`.
 *
 * In place, because a producer may hold the file open: were the file replaced, its next line would
 * go to the old one and be lost. The line becomes spaces of the same length, which readers of
 * lines skip. The way back writes the same bytes to the same place.
 */
import {
  appendFileSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { changed, refused } from './act-error.ts';
import type { Seen } from './action.ts';
import { readFileState } from './file-swap.ts';
import { hashOf, type KeptBytes } from './kept-bytes.ts';

export type JobLine = Readonly<{ file: string; offset: number; length: number; hash: string }>;

const space = 0x20;
const newline = 0x0a;

/** By its whole text, or by the `id` in its JSON; null: no such line. */
export function findLine(
  file: string,
  job: string,
): Readonly<{ line: JobLine; bytes: Buffer }> | null {
  const all = readFileState(file)?.bytes ?? Buffer.alloc(0);
  for (let offset = 0; offset < all.length;) {
    const end = all.indexOf(newline, offset);
    // A last line without its end is still being written.
    if (end < 0) return null;
    const bytes = all.subarray(offset, end);
    const text = bytes.toString('utf8').trim();
    if (text !== '' && (text === job || idOf(text) === job))
      return { line: { file, offset, length: bytes.length, hash: hashOf(bytes) }, bytes };
    offset = end + 1;
  }
  return null;
}

export function blankLine(line: JobLine, kept: KeptBytes): void {
  const now = read(line);
  if (isBlank(now)) return;
  if (now === null || hashOf(now) !== line.hash) throw changed('the line is another one now');
  kept.keep(now);
  const aside = deadLetterOf(line);
  // There before it is gone here: a crash in between leaves it twice, never not at all.
  if (!endsWith(aside, now))
    appendFileSync(aside, Buffer.concat([now, Buffer.from('\n')]), { mode: 0o600 });
  write(line, Buffer.alloc(line.length, space));
}

export function restoreLine(line: JobLine, kept: KeptBytes): void {
  const now = read(line);
  if (now !== null && hashOf(now) === line.hash) return;
  if (!isBlank(now)) throw changed('something else stands there now');
  const bytes = kept.read(line.hash);
  if (bytes === null)
    throw refused('the line is no longer kept', `It lies in ${deadLetterOf(line)}.`);
  write(line, bytes);
  if (endsWith(deadLetterOf(line), bytes)) dropLast(deadLetterOf(line), bytes.length + 1);
}

export function seenLine(line: JobLine): Seen {
  const now = read(line);
  if (isBlank(now)) return 'done';
  return now !== null && hashOf(now) === line.hash ? 'not-done' : 'unknown';
}

function deadLetterOf({ file }: JobLine): string {
  return `${file}.dead-letter`;
}

/** null: the file is shorter than that. */
function read({ file, offset, length }: JobLine): Buffer | null {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const bytes = Buffer.alloc(length);
    return readSync(fd, bytes, 0, length, offset) === length ? bytes : null;
  } finally {
    closeSync(fd);
  }
}

function write({ file, offset }: JobLine, bytes: Buffer): void {
  const fd = openSync(file, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    if (!fstatSync(fd).isFile()) throw refused(`${file} is no plain file`, 'Look yourself.');
    writeSync(fd, bytes, 0, bytes.length, offset);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function isBlank(bytes: Buffer | null): boolean {
  return bytes !== null && bytes.length > 0 && bytes.every((byte) => byte === space);
}

function endsWith(file: string, bytes: Buffer): boolean {
  try {
    const all = readFileSync(file);
    return all.subarray(-bytes.length - 1, -1).equals(bytes);
  } catch {
    return false;
  }
}

function dropLast(file: string, length: number): void {
  truncateSync(file, Math.max(0, readFileSync(file).length - length));
}

function idOf(text: string): string | null {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === 'string' || typeof id === 'number' ? String(id) : null;
  } catch {
    return null;
  }
}
