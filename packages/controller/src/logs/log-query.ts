/**
 * Answers a query over services: per instance its runs in order with boundary lines between them,
 * then all instances merged by time.
 */
import type { LogQuery } from '../parts.ts';
import type { Archive, OpenRun } from './archive.ts';
import { serviceOf } from './archive.ts';
import { droppedBoundary, lostRunsBoundary, runBoundary } from './boundary.ts';
import { compileGrep } from './grep.ts';
import { mergeLines } from './merge-lines.ts';
import { allLines, lastLines, placeOf } from './run-lines.ts';
import type { LineFilter, TimedLine } from './run-reader.ts';

/** A longer `tail` is not held in memory: it is counted first, then streamed. */
const HELD_TAIL = 20_000;

/** @throws FettleError E-GREP-PATTERN */
export function lineFilter(query: LogQuery): LineFilter {
  const { sinceMs, untilMs, level } = query;
  return { sinceMs, untilMs, level, grep: query.grep === null ? null : compileGrep(query.grep) };
}

/** Batches, oldest first. */
export async function* queryLines(
  archive: Archive,
  query: LogQuery,
  now: () => number,
): AsyncGenerator<readonly TimedLine[]> {
  const filter = lineFilter(query);
  const instances = archive.instances(query.services);
  if (query.tail === null) {
    yield* mergeLines(instances.map((each) => instanceLines(archive, each, filter, now)));
    return;
  }
  const count = query.tail;
  if (count <= 0) return;
  if (count > HELD_TAIL) {
    yield* longTail(() => queryLines(archive, { ...query, tail: null }, now), count);
    return;
  }
  const byService = new Map<string, AsyncIterable<readonly TimedLine[]>[]>();
  for (const instance of instances) {
    const tails = byService.get(serviceOf(instance)) ?? [];
    tails.push(once(instanceTail(archive, instance, filter, [count, now()])));
    byService.set(serviceOf(instance), tails);
  }
  const services = [...byService.values()].map((tails) => once(lastOf(mergeLines(tails), count)));
  yield* mergeLines(services);
}

/** The last `count` lines of each service, in two passes over all of them. */
async function* longTail(
  readAll: () => AsyncIterable<readonly TimedLine[]>,
  count: number,
): AsyncGenerator<readonly TimedLine[]> {
  const surplus = new Map<string, number>();
  for await (const batch of readAll())
    for (const { line } of batch)
      if (line.kind === 'line')
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

async function* instanceLines(
  archive: Archive,
  instance: string,
  filter: LineFilter,
  now: () => number,
): AsyncGenerator<readonly TimedLine[]> {
  const tokens = archive.tokens(instance);
  yield passing(lostRuns(archive, instance), filter);
  for (const [at, token] of tokens.entries()) {
    const open = await archive.openRun(instance, token);
    try {
      yield passing(gaps(open), filter);
      yield* allLines(open, filter, now());
      yield passing(endOf(archive, open, tokens[at + 1] ?? null), filter);
    } finally {
      await open.close();
    }
  }
}

async function instanceTail(
  archive: Archive,
  instance: string,
  filter: LineFilter,
  [count, nowMs]: readonly [number, number],
): Promise<readonly TimedLine[]> {
  const tokens = archive.tokens(instance);
  const parts: (readonly TimedLine[])[] = [];
  let lines = 0;
  for (let at = tokens.length - 1; at >= 0 && lines < count; at--) {
    const open = await archive.openRun(instance, tokens[at]!);
    try {
      const older = await lastLines(open, filter, [count - lines, nowMs]);
      lines += older.length;
      const end = passing(endOf(archive, open, tokens[at + 1] ?? null), filter);
      const isWhole = lines < count;
      parts.unshift(isWhole ? passing(gaps(open), filter) : [], older, end);
    } finally {
      await open.close();
    }
  }
  return parts.flat();
}

/** Boundary lines obey the asked time, and are shown whatever is searched for. */
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

function gaps(open: OpenRun): readonly TimedLine[] {
  const beganMs = open.fact?.startedAtMs ?? null;
  return open.dropped.map((range) => {
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
