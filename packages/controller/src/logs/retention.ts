/**
 * Keeps logs within their bounds: bytes and days per service, runs per instance, and a reserve of
 * free space on the disk. What goes is recorded first (`dropped.json`), oldest first; the last run
 * of an instance always keeps at least what is still in its spool.
 */
import { statSync } from 'node:fs';
import { rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { forgetBlocks, openIndexReader } from './block-index.ts';
import { readDropped, recordDropped, type DroppedRange } from './dropped.ts';
import {
  listInstances,
  listSegments,
  listTokens,
  namesIn,
  runFiles,
  segmentPath,
  type RunFiles,
} from './log-folder.ts';
import { segmentRange } from './segment.ts';
import { findPieces, type Piece } from './spool-source.ts';

export type LogLimits = Readonly<{
  /** One compressed segment holds this much of a log. */
  segmentBytes: number;
  /** On disk, per service, all instances and runs together. */
  serviceBytes: number;
  maxAgeMs: number;
  /** Ended runs kept per instance. */
  runs: number;
  /** Below this much free space the oldest logs go, whatever their age. */
  freeBytes: number;
}>;

export const DEFAULT_LIMITS: LogLimits = {
  segmentBytes: 16 * 1024 * 1024,
  serviceBytes: 256 * 1024 * 1024,
  maxAgeMs: 14 * 24 * 3_600_000,
  runs: 100,
  freeBytes: 512 * 1024 * 1024,
};

const settledMs = 1_000;

/** A part of a log that may be dropped. */
type Candidate = Readonly<{
  run: RunFiles;
  piece: Piece;
  bytes: number;
  modifiedMs: number;
  /** Dropping it takes the whole rest of the run along. */
  isLastPiece: boolean;
}>;

export type RetentionOptions = Readonly<{
  logsDir: string;
  limits: LogLimits;
  now: () => number;
  /** The runs of an instance, oldest first; the last is alive or the last that was. */
  order: (instance: string, tokens: readonly string[]) => readonly string[];
  /** Is the run being written or read by the tailer? Its index must not be rewritten. */
  isOpen: (token: string) => boolean;
  /** A tighter bound on the bytes of a service; null: none. */
  boundOf: (service: string) => number | null;
  /** What former passes found out; absent: every folder is read. */
  memory?: RetentionMemory;
}>;

/** Folders in which nothing can be dropped, with their time of change: a folder of one run only. */
export type RetentionMemory = Map<string, number>;

/** One pass over everything; resolves to the number of dropped pieces. */
export async function retain(options: RetentionOptions): Promise<number> {
  const { logsDir, limits, now } = options;
  const services = new Map<string, string[]>();
  for (const instance of listInstances(logsDir)) {
    const service = instance.replace(/\.\d+$/, '');
    services.set(service, [...(services.get(service) ?? []), instance]);
  }
  let dropped = 0;
  let shortBytes = await missingSpace(logsDir, limits.freeBytes);
  for (const [service, instances] of services) {
    const serviceBytes = Math.min(limits.serviceBytes, options.boundOf(service) ?? Infinity);
    const isBound = serviceBytes < limits.serviceBytes;
    if (!isBound && instances.every((instance) => holdsOneRun(options, instance))) continue;
    const candidates: Candidate[] = [];
    let used = 0;
    let surplus: Candidate[] = [];
    for (const instance of instances) {
      const found = await survey(options, instance);
      candidates.push(...found.candidates);
      surplus = surplus.concat(found.surplus);
      used += found.bytes;
    }
    const gone = new Set<Candidate>();
    const drop = async (candidate: Candidate, reason: DroppedRange['reason']): Promise<void> => {
      if (gone.has(candidate)) return;
      gone.add(candidate);
      await dropPiece(options, candidate, reason);
      used -= candidate.bytes;
      shortBytes -= candidate.bytes;
      dropped++;
    };
    for (const candidate of surplus) await drop(candidate, 'size');
    for (const candidate of candidates.toSorted((a, b) => a.modifiedMs - b.modifiedMs)) {
      if (now() - candidate.modifiedMs > limits.maxAgeMs) await drop(candidate, 'age');
      else if (used > serviceBytes) await drop(candidate, 'size');
      else if (shortBytes > 0) await drop(candidate, 'disk');
    }
  }
  return dropped;
}

/**
 * The last run keeps its spool whatever happens, so a folder with nothing else is not looked into.
 * Its entries are the same as long as its time of change is.
 */
function holdsOneRun({ logsDir, memory }: RetentionOptions, instance: string): boolean {
  const folder = join(logsDir, instance);
  const changedMs = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (memory?.get(folder) === changedMs) return true;
  memory?.delete(folder);
  const names = namesIn(folder);
  const spools = names.filter((name) => name.endsWith('.log'));
  const isOne = spools.length <= 1 && names.every((name) => isOfLastRun(name, spools[0]));
  // A change within the clock's step might not be seen later.
  if (isOne && changedMs > 0 && Date.now() - changedMs > settledMs) memory?.set(folder, changedMs);
  return isOne;
}

/** Its spool, its index, and what is kept per instance. */
function isOfLastRun(name: string, spool: string | undefined): boolean {
  if (name === spool || name === 'runs.ndjson' || name === 'dropped.json') return true;
  return spool !== undefined && name === `${spool.slice(0, -'.log'.length)}.idx`;
}

/** Bytes that are free too little; 0 or less when there is room. */
export async function missingSpace(folder: string, wantedBytes: number): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return wantedBytes - bavail * bsize;
}

type Survey = Readonly<{
  candidates: readonly Candidate[];
  /** Pieces of runs beyond the number that is kept. */
  surplus: readonly Candidate[];
  bytes: number;
}>;

async function survey(options: RetentionOptions, instance: string): Promise<Survey> {
  const { logsDir, limits } = options;
  const tokens = options.order(instance, listTokens(logsDir, instance));
  const folder = join(logsDir, instance);
  let bytes = 0;
  for (const name of namesIn(folder)) bytes += (await fileStats(join(folder, name))).bytes;
  const candidates: Candidate[] = [];
  const surplus: Candidate[] = [];
  for (const [index, token] of tokens.entries()) {
    const run = runFiles(logsDir, instance, token);
    const isCurrent = index === tokens.length - 1 || options.isOpen(token);
    const pieces = await findPieces(run);
    await removeDropped(run, pieces);
    if (pieces.length === 0 && !isCurrent) await removeRun(run);
    for (const [at, piece] of pieces.entries()) {
      if (isCurrent && piece.path === null) continue;
      const stats = await fileStats(piece.path ?? run.spool);
      const isLastPiece = at === pieces.length - 1 && !isCurrent;
      const candidate = { run, piece, ...stats, isLastPiece };
      if (index < tokens.length - 1 - limits.runs) surplus.push(candidate);
      else candidates.push(candidate);
    }
  }
  return { candidates, surplus, bytes };
}

/** A crash between the record and the deletion leaves a file that is no longer shown. */
async function removeDropped(run: RunFiles, pieces: readonly Piece[]): Promise<void> {
  for (const number of listSegments(run)) {
    const path = segmentPath(run, number);
    if (pieces.some((piece) => piece.path === path)) continue;
    const range = await segmentRange(path).catch(() => null);
    const isDropped = readDropped(run.folder).some(
      ({ token, start, end }) =>
        token === run.token && range !== null && start <= range.start && end >= range.end,
    );
    if (isDropped) await rm(path, { force: true });
  }
}

async function fileStats(path: string): Promise<Readonly<{ bytes: number; modifiedMs: number }>> {
  const stats = await stat(path).catch(() => null);
  if (stats === null) return { bytes: 0, modifiedMs: 0 };
  return { bytes: stats.blocks * 512, modifiedMs: stats.mtimeMs };
}

async function dropPiece(
  options: RetentionOptions,
  { run, piece, isLastPiece }: Candidate,
  reason: DroppedRange['reason'],
): Promise<void> {
  const { start, end } = piece;
  const lines = countLines(run, start, end);
  recordDropped(run.folder, { token: run.token, start, end, lines, reason, atMs: options.now() });
  await rm(piece.path ?? run.spool, { force: true });
  if (isLastPiece) await removeRun(run);
  else if (!options.isOpen(run.token)) forgetBlocks(run.index, end);
}

async function removeRun(run: RunFiles): Promise<void> {
  await rm(run.spool, { force: true });
  await rm(run.index, { force: true });
}

function countLines(run: RunFiles, start: number, end: number): number | null {
  const index = openIndexReader(run.index);
  if (index === null) return null;
  let lines = 0;
  scan: for (let position = index.ofOffset(start); position < index.count; position += 512)
    for (const block of index.slice(position, 512)) {
      if (block.start >= end) break scan;
      lines += block.lines;
    }
  index.close();
  return lines;
}
