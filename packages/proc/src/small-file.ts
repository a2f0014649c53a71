/**
 * Reads files of /proc synchronously into one kept buffer.
 *
 * /proc answers from memory, so a synchronous read (about 7 us) costs less than handing it to a
 * thread; 500 processes take 4 ms, against 60 ms with `fs.promises`.
 */
import { closeSync, openSync, readSync } from 'node:fs';

let kept = Buffer.allocUnsafe(16_384);
/** An environment or command line is cut here: no process may make us read without end. */
const maxBytes = 4 * 1_048_576;

/** The bytes of `path`, valid until the next read; null when it cannot be read. */
export function readSmallFile(path: string): Buffer | null {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    return readAll(fd);
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}

/** As `readSmallFile`, for a file that the kernel hands out in one piece: one call less. */
export function readShortFile(path: string): Buffer | null {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return null;
  }
  const bytes = readKeptFile(fd);
  closeSync(fd);
  return bytes;
}

/** The text of `path` as UTF-8; null when it cannot be read. */
export function readSmallText(path: string): string | null {
  return readSmallFile(path)?.toString('utf8') ?? null;
}

/**
 * The bytes of an open file of /proc from its beginning, valid until the next read; null: the process
 * is gone. Kept open, a file costs one system call instead of four.
 */
export function readKeptFile(fd: number): Buffer | null {
  try {
    return kept.subarray(0, readSync(fd, kept, 0, kept.length, 0));
  } catch {
    return null;
  }
}

function readAll(fd: number): Buffer {
  let length = 0;
  for (;;) {
    const count = readSync(fd, kept, length, kept.length - length, null);
    if (count === 0) return kept.subarray(0, length);
    length += count;
    if (length < kept.length) continue;
    if (length >= maxBytes) return kept.subarray(0, length);
    const larger = Buffer.allocUnsafe(kept.length * 2);
    kept.copy(larger, 0, 0, length);
    kept = larger;
  }
}
