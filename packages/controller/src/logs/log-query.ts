/**
 * Answers a query over services: per instance its runs in order with boundary lines between them,
 * then all instances merged by time.
 *
 * A search (level, pattern) shows a boundary only at the end of a run of which it shows a line: it
 * tells what came of what was found, and a thousand restarts without a find stay out. What was
 * dropped is always told, since the find may have been in it.
 */
import type { LogCursor, LogQuery } from '../parts.ts';
import type { Archive, OpenRun } from './archive.ts';
import { serviceOf } from './archive.ts';
import { droppedBoundary, lostRunsBoundary, runBoundary } from './boundary.ts';
import { compileGrep } from './grep.ts';
import { mergeLines } from './merge-lines.ts';
import { allLines, lastLines, linesFrom, placeOf } from './run-lines.ts';
import type { LineFilter, TimedLine } from './run-reader.ts';

/** A longer `tail` is not held in memory: it is counted first, then streamed. */
const HELD_TAIL = 20_000;

/** @throws FettleError E-GREP-PATTERN */
export function lineFilter(query: LogQuery): LineFilter {
  const { sinceMs, untilMs, level } = query;
  return { sinceMs, untilMs, level, grep: query.grep === null ? null : compileGrep(query.grep) };
}

/** Does it look for certain lines only? */
export function isSearch(filter: LineFilter): boolean {
  return filter.grep !== null || filter.level !== null;
}

type Ask = Readonly<{
  archive: Archive;
  filter: LineFilter;
  now: () => number;
  after: ReadonlyMap<string, LogCursor>;
}>;

/** Batches, oldest first. */
export async function* queryLines(
  archive: Archive,
  query: LogQuery,
  now: () => number,
): AsyncGenerator<readonly TimedLine[]> {
  const ask: Ask = { archive, filter: lineFilter(query), now, after: query.after ?? new Map() };
  const instances = archive.instances(query.services);
  const count = query.tail;
  if (count === null) {
    yield* mergeLines(instances.map((each) => instanceLines(ask, each)));
    return;
  }
  const resumed = instances.filter((each) => resumeAt(ask, each) !== null);
  if (count <= 0 && resumed.length === 0) return;
  if (count > HELD_TAIL) {
    const exempt = new Set(resumed.map(serviceOf));
    yield* longTail(() => queryLines(archive, { ...query, tail: null }, now), [count, exempt]);
    return;
  }
  const byService = new Map<string, AsyncIterable<readonly TimedLine[]>[]>();
  for (const instance of instances) {
    if (count <= 0 || resumed.includes(instance)) continue;
    const tails = byService.get(serviceOf(instance)) ?? [];
    tails.push(once(instanceTail(ask, instance, count)));
    byService.set(serviceOf(instance), tails);
  }
  const services = [...byService.values()].map((tails) => once(lastOf(mergeLines(tails), count)));
  yield* mergeLines([...services, ...resumed.map((each) => instanceLines(ask, each))]);
}

/** The last `count` lines of each service that is not `exempt`, in two passes over all of them. */
async function* longTail(
  readAll: () => AsyncIterable<readonly TimedLine[]>,
  [count, exempt]: readonly [number, ReadonlySet<string>],
): AsyncGenerator<readonly TimedLine[]> {
  const surplus = new Map<string, number>();
  for await (const batch of readAll())
    for (const { line } of batch)
      if (line.kind === 'line' && !exempt.has(line.service))
        surplus.set(line.service, (surplus.get(line.service) ?? -count) + 1);
  for await (const batch of readAll())
    yield batch.filter(({ line }) => {
      const left = surplus.get(line.service) ?? 0;
      if (line.kind === 'line' && left > 0) surplus.set(line.service, left - 1);
      return left <= 0;
    });
}

async function* once(lines: Promise<readonly TimedLine[]>): AsyncGenerator<readonly TimedLine[]> {
  yield await lines;
}

/** The last `count` lines and the boundary lines among them. */
async function lastOf(
  batches: AsyncIterable<readonly TimedLine[]>,
  count: number,
): Promise<readonly TimedLine[]> {
  const all: TimedLine[] = [];
  for await (const batch of batches) for (const line of batch) all.push(line);
  let kept = 0;
  for (let at = all.length - 1; at >= 0; at--) {
    if (all[at]!.line.kind === 'line') kept++;
    if (kept === count) return all.slice(at);
  }
  return all;
}

type Resume = Readonly<{ at: number; cursor: LogCursor | null }>;

/** Where in the runs of an instance its reader goes on; null: from the beginning. */
function resumeAt({ archive, after }: Ask, instance: string): Resume | null {
  if (after.size === 0) return null;
  const tokens = archive.tokens(instance);
  const at = tokens.findLastIndex((token) => after.has(token));
  if (at >= 0) return { at, cursor: after.get(tokens[at]!) ?? null };
  // The run was dropped meanwhile: all that is left came after it.
  const isLost = archive.lost(instance).some(({ token }) => after.has(token));
  return isLost ? { at: 0, cursor: null } : null;
}

async function* instanceLines(ask: Ask, instance: string): AsyncGenerator<readonly TimedLine[]> {
  const { archive, filter } = ask;
  const tokens = archive.tokens(instance);
  const { at: first, cursor } = resumeAt(ask, instance) ?? { at: 0, cursor: null };
  if (cursor === null) yield passing(lostRuns(archive, instance), filter);
  for (let at = first; at < tokens.length; at++) {
    const open = await archive.openRun(instance, tokens[at]!);
    try {
      yield* runPart(ask, open, [at === first ? cursor : null, tokens[at + 1] ?? null]);
    } finally {
      await open.close();
    }
  }
}

/** `cursor`: only what comes after it. */
async function* runPart(
  { archive, filter, now }: Ask,
  open: OpenRun,
  [cursor, next]: readonly [LogCursor | null, string | null],
): AsyncGenerator<readonly TimedLine[]> {
  const from = cursor === null ? 0 : cursor.offset + (cursor.isBoundary ? 0 : 1);
  yield passing(gaps(open, from), filter);
  let isShown = cursor !== null && !cursor.isBoundary;
  const lines =
    cursor === null ? allLines(open, filter, now()) : linesFrom(open, filter, [from, now()]);
  for await (const batch of lines) {
    isShown = true;
    yield batch;
  }
  const isTold = cursor?.isBoundary === true && cursor.offset > 0 && !isShown;
  if (isTold && cursor.offset >= open.source.end()) return;
  if (isShown || !isSearch(filter)) yield passing(endOf(archive, open, next), filter);
}

async function instanceTail(
  { archive, filter, now }: Ask,
  instance: string,
  count: number,
): Promise<readonly TimedLine[]> {
  const tokens = archive.tokens(instance);
  const parts: (readonly TimedLine[])[] = [];
  let lines = 0;
  let silentRuns = 0;
  for (let at = tokens.length - 1; at >= 0 && lines < count; at--) {
    const open = await archive.openRun(instance, tokens[at]!);
    try {
      const older = await lastLines(open, filter, [count - lines, now()]);
      lines += older.length;
      if (older.length === 0) silentRuns++;
      // A crash loop without a word must not bury the lines before it.
      const isTold = older.length > 0 || (!isSearch(filter) && silentRuns <= count);
      const end = isTold ? passing(endOf(archive, open, tokens[at + 1] ?? null), filter) : [];
      const isWhole = lines < count;
      parts.unshift(isWhole ? passing(gaps(open, 0), filter) : [], older, end);
    } finally {
      await open.close();
    }
  }
  return parts.flat();
}

/** Boundary lines obey the asked time. */
function passing(lines: readonly TimedLine[], filter: LineFilter): readonly TimedLine[] {
  return lines.filter(
    ({ atMs }) =>
      (filter.sinceMs === null || atMs >= filter.sinceMs) &&
      (filter.untilMs === null || atMs <= filter.untilMs),
  );
}

function lostRuns(archive: Archive, instance: string): readonly TimedLine[] {
  const ranges = archive.lost(instance);
  if (ranges.length === 0) return [];
  const place = { service: serviceOf(instance), instance, run: ranges.at(-1)!.token };
  const line = lostRunsBoundary(place, ranges);
  // It stands before all that is kept.
  return [{ atMs: Math.min(...ranges.map(({ atMs }) => atMs)), line }];
}

function gaps(open: OpenRun, from: number): readonly TimedLine[] {
  const beganMs = open.fact?.startedAtMs ?? null;
  const missing = open.dropped.filter(({ end }) => end > from);
  return missing.map((range) => {
    // Sorted where the lines were, told with the time at which they went.
    const line = droppedBoundary(placeOf(open), range);
    return { atMs: beganMs ?? range.atMs, line };
  });
}

function endOf(archive: Archive, open: OpenRun, next: string | null): readonly TimedLine[] {
  const { fact } = open;
  const nextFact = next === null ? null : archive.fact(open.run.instance, next);
  if ((fact?.exit ?? null) === null && next === null) return [];
  const atMs = fact?.exit?.atMs ?? nextFact?.startedAtMs ?? open.writtenMs;
  const line = runBoundary(placeOf(open), fact, nextFact, [atMs, open.source.end()]);
  return [{ atMs, line }];
}
