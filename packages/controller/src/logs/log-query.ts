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

/** More than this is not held in memory for a `tail`. */
const MOST_TAIL = 100_000;

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
  const count = Math.min(query.tail, MOST_TAIL);
  if (count <= 0) return;
  const byService = new Map<string, AsyncIterable<readonly TimedLine[]>[]>();
  for (const instance of instances) {
    const tails = byService.get(serviceOf(instance)) ?? [];
    tails.push(once(instanceTail(archive, instance, filter, [count, now()])));
    byService.set(serviceOf(instance), tails);
  }
  const services = [...byService.values()].map((tails) => once(lastOf(mergeLines(tails), count)));
  yield* mergeLines(services);
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
  let found: readonly TimedLine[] = [];
  let lines = 0;
  for (let at = tokens.length - 1; at >= 0 && lines < count; at--) {
    const open = await archive.openRun(instance, tokens[at]!);
    try {
      const older = await lastLines(open, filter, [count - lines, nowMs]);
      lines += older.length;
      const end = passing(endOf(archive, open, tokens[at + 1] ?? null), filter);
      const isWhole = lines < count;
      found = [...(isWhole ? passing(gaps(open), filter) : []), ...older, ...end, ...found];
    } finally {
      await open.close();
    }
  }
  return found;
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
