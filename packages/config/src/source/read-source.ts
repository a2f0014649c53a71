/** Reads one config or env file from disk, with a bound, and says clearly why it could not. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename, dirname, isAbsolute, relative } from 'node:path';
import type { Source } from './node.ts';

/** A stack file of 1,000 services is about 300 KiB. */
export const MAX_FILE_BYTES = 1024 * 1024;

export type ReadResult =
  | Readonly<{ ok: true; source: Source; modifiedAtMs: number }>
  /** `missing`: there is no such file; other failures always need mending. */
  | Readonly<{ ok: false; missing: boolean; message: string; hint: string }>;

/** `cwd`: paths are shown relative to it. `baseDir`: see `Source`. */
export function readSource(path: string, cwd: string, baseDir = dirname(path)): ReadResult {
  const name = displayName(path, cwd);
  let descriptor: number;
  try {
    // O_NONBLOCK: opening a named pipe must not wait for its writer.
    descriptor = openSync(path, 0o4000);
  } catch (cause) {
    return refuseOpening(name, (cause as NodeJS.ErrnoException).code ?? 'EUNKNOWN');
  }
  try {
    const facts = fstatSync(descriptor);
    if (facts.isDirectory()) return refuse(`${name} is a folder`, 'Name the file inside it.');
    if (!facts.isFile()) return refuse(`${name} is no ordinary file`, 'Name a file.');
    const buffer = Buffer.alloc(Math.min(facts.size, MAX_FILE_BYTES) + 1);
    const size = readFully(descriptor, buffer);
    if (size > MAX_FILE_BYTES) {
      const hint = 'A config is a few KiB: is this the right file? Split it by `include:` if so.';
      return refuse(`${name} is larger than 1 MiB`, hint);
    }
    const text = decode(buffer.subarray(0, size));
    if (typeof text !== 'string') return refuse(`${name} ${text.fault}`, text.hint);
    return { ok: true, source: { path, name, baseDir, text }, modifiedAtMs: facts.mtimeMs };
  } catch (cause) {
    return refuseOpening(name, (cause as NodeJS.ErrnoException).code ?? 'EUNKNOWN');
  } finally {
    closeSync(descriptor);
  }
}

function readFully(descriptor: number, buffer: Buffer): number {
  let size = 0;
  while (size < buffer.length) {
    const count = readSync(descriptor, buffer, size, buffer.length - size, null);
    if (count === 0) break;
    size += count;
  }
  return size;
}

function decode(bytes: Buffer): string | Readonly<{ fault: string; hint: string }> {
  const hint = 'Save it as UTF-8 (`iconv -f LATIN1 -t UTF-8`).';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { fault: 'is UTF-16, not UTF-8', hint };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const at = text.indexOf('\0');
    if (at === -1) return text;
    const line = text.slice(0, at).split('\n').length;
    return { fault: `holds a NUL byte on line ${line}`, hint: 'Is this a binary file?' };
  } catch {
    const line = firstBadLine(bytes);
    return { fault: `is not UTF-8 (line ${line})`, hint };
  }
}

function firstBadLine(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const next = bytes.indexOf(10, start);
    const end = next === -1 ? bytes.length : next + 1;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end;
  }
  return line;
}

function refuseOpening(name: string, errno: string): ReadResult {
  if (errno === 'ENOENT' || errno === 'ENOTDIR') {
    const hint = 'Check the path; it is resolved against the folder of the stack.';
    return { ok: false, missing: true, message: `there is no file ${name}`, hint };
  }
  const words: Readonly<Record<string, string>> = {
    EACCES: 'may not be read by this user',
    EISDIR: 'is a folder',
    ELOOP: 'is a circle of symbolic links',
    ENXIO: 'is no ordinary file',
  };
  const message = `${name} ${words[errno] ?? `cannot be read (${errno})`}`;
  return refuse(message, 'Make it readable: check its mode and owner with `ls -l`.');
}

function refuse(message: string, hint: string): ReadResult {
  return { ok: false, missing: false, message, hint };
}

export function displayName(path: string, cwd: string): string {
  const short = relative(cwd, path);
  if (short === '') return basename(path);
  return short.startsWith('../../') || isAbsolute(short) ? path : short;
}
