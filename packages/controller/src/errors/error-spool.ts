/**
 * Keeps error reports on disk before their sender hears that they were taken.
 *
 * Append-only segments of NDJSON in `.fettle/errors/`; an append is over when `fdatasync` came back.
 * While one sync runs the next reports gather, so that a thousand senders share a handful of syncs
 * (group commit; Gray & Reuter, "Transaction Processing", 1993). A new life writes a new segment:
 * what the last one left torn was never acknowledged, and is passed over.
 */
import { open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { ErrorReport } from './error-report.ts';

/** Where reading goes on: after `offset` bytes of segment `segment`. */
export type SpoolCursor = Readonly<{ segment: number; offset: number }>;
export type SpoolBatch = Readonly<{ reports: readonly ErrorReport[]; cursor: SpoolCursor }>;

export type ErrorSpool = Readonly<{
  /** Resolves when all of them are on disk. @throws FettleError E-ERRORS-FULL, E-ERRORS-WRITE */
  append(reports: readonly ErrorReport[]): Promise<void>;
  /** Whole lines after `cursor`, at most about `maxBytes`; null: there are none yet. */
  read(cursor: SpoolCursor, maxBytes: number): Promise<SpoolBatch | null>;
  /** Everything before this was taken over elsewhere. */
  release(cursor: SpoolCursor): Promise<void>;
  /** Bytes that wait. */
  bytes(): number;
  close(): Promise<void>;
}>;

export type SpoolOptions = Readonly<{
  folder: string;
  /** Segments before this one hold nothing new. */
  from: SpoolCursor;
  maxSegmentBytes?: number;
  /** More than this waiting: nothing is taken. */
  maxBytes?: number;
}>;

type Waiting = Readonly<{ text: string; done: PromiseWithResolvers<void> }>;
type Shell = Readonly<{ folder: string; maxSegmentBytes: number; maxBytes: number }> & {
  segment: number;
  file: FileHandle | null;
  /** Of the segment that is written, durable ones only. */
  size: number;
  /** Of all segments that are there. */
  total: number;
  waiting: Waiting[];
  committing: Promise<void> | null;
};

const name = (segment: number): string => `${String(segment).padStart(9, '0')}.ndjson`;

export async function openErrorSpool(options: SpoolOptions): Promise<ErrorSpool> {
  const { folder, from } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const segments = await listSegments(folder);
  const sizes = await Promise.all(segments.map((one) => sizeOf(folder, one)));
  const shell: Shell = {
    folder,
    maxSegmentBytes: options.maxSegmentBytes ?? 8 * 1_048_576,
    maxBytes: options.maxBytes ?? 64 * 1_048_576,
    segment: Math.max(from.segment, 0, ...segments) + 1,
    file: null,
    size: 0,
    total: sizes.reduce((sum, size) => sum + size, 0),
    waiting: [],
    committing: null,
  };
  return {
    append: (reports) => append(shell, reports),
    read: (cursor, maxBytes) => read(shell, cursor, maxBytes),
    release: (cursor) => release(shell, cursor),
    bytes: () => shell.total,
    async close() {
      await shell.committing;
      await shell.file?.close();
      shell.file = null;
    },
  };
}

function append(shell: Shell, reports: readonly ErrorReport[]): Promise<void> {
  if (shell.total > shell.maxBytes)
    throw new FettleError('E-ERRORS-FULL', 'too many error reports wait to be stored', {
      hint: 'send them again in a minute; fettle health tells what holds the store up',
      status: 503,
    });
  const done = Promise.withResolvers<void>();
  const text = reports.map((report) => `${JSON.stringify(report)}\n`).join('');
  shell.waiting.push({ text, done });
  shell.committing ??= commitAll(shell);
  return done.promise;
}

async function commitAll(shell: Shell): Promise<void> {
  while (shell.waiting.length > 0) {
    const batch = shell.waiting;
    shell.waiting = [];
    try {
      await commit(shell, Buffer.from(batch.map(({ text }) => text).join('')));
      for (const { done } of batch) done.resolve();
    } catch (cause) {
      const error = new FettleError('E-ERRORS-WRITE', 'error reports cannot be written to disk', {
        hint: 'free space on the disk of the state folder, then send them again',
        status: 503,
        cause,
      });
      for (const { done } of batch) done.reject(error);
    }
  }
  // In the same turn as the look above: who comes next must find it over.
  shell.committing = null;
}

async function commit(shell: Shell, bytes: Buffer): Promise<void> {
  if (shell.file !== null && shell.size >= shell.maxSegmentBytes) await nextSegment(shell);
  const path = join(shell.folder, name(shell.segment));
  shell.file ??= await open(path, 'ax', 0o600);
  try {
    await shell.file.appendFile(bytes);
    await shell.file.datasync();
  } catch (cause) {
    // What was half written lies at the end of a segment to which nothing more is added.
    await nextSegment(shell);
    throw cause;
  }
  shell.size += bytes.length;
  shell.total += bytes.length;
}

async function nextSegment(shell: Shell): Promise<void> {
  const old = shell.file;
  shell.file = null;
  shell.segment += 1;
  shell.size = 0;
  await old?.close().catch(() => undefined);
}

async function read(
  shell: Shell,
  cursor: SpoolCursor,
  maxBytes: number,
): Promise<SpoolBatch | null> {
  for (const segment of await listSegments(shell.folder)) {
    if (segment < cursor.segment) continue;
    const from = segment === cursor.segment ? cursor.offset : 0;
    // Only what is durable: an unsynced line may be gone after a power cut, and its number reused.
    const limit = segment === shell.segment ? shell.size : await sizeOf(shell.folder, segment);
    const bytes = await readRange(join(shell.folder, name(segment)), from, maxBytes, limit);
    const end = bytes.lastIndexOf(0x0a) + 1;
    if (end === 0) continue;
    const lines = bytes.toString('utf8', 0, end).split('\n');
    return { reports: lines.flatMap(parse), cursor: { segment, offset: from + end } };
  }
  return null;
}

async function readRange(
  path: string,
  from: number,
  maxBytes: number,
  limit: number,
): Promise<Buffer> {
  const length = Math.min(maxBytes, limit - from);
  if (length <= 0) return Buffer.alloc(0);
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** A line that is no report (a torn one in the middle of a segment after a full disk) is none. */
function parse(line: string): readonly ErrorReport[] {
  if (line === '') return [];
  try {
    return [JSON.parse(line) as ErrorReport];
  } catch {
    return [];
  }
}

async function release(shell: Shell, { segment }: SpoolCursor): Promise<void> {
  for (const old of await listSegments(shell.folder)) {
    if (old >= segment || old === shell.segment) continue;
    shell.total -= await sizeOf(shell.folder, old);
    await rm(join(shell.folder, name(old)), { force: true });
  }
}

async function listSegments(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder);
  return names
    .flatMap((one) => /^(\d{9})\.ndjson$/.exec(one)?.[1] ?? [])
    .map(Number)
    .toSorted((one, other) => one - other);
}

async function sizeOf(folder: string, segment: number): Promise<number> {
  return (await stat(join(folder, name(segment))).catch(() => null))?.size ?? 0;
}
