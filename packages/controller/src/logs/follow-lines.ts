/**
 * New lines of all asked runs, from where a query ended, until aborted.
 *
 * The reader pulls: it holds one offset per run and reads when there is more, so a slow client
 * costs no memory and a rotation changes nothing. A line is shown when it is complete; what still
 * lacks its newline after a second is shown as it is, and the rest of it as a line of its own.
 */
import type { RunExit } from '@fettle/core/supervise/run';
import type { LogQuery } from '../parts.ts';
import type { Archive, OpenRun } from './archive.ts';
import { runBoundary } from './boundary.ts';
import { lineBatches } from './line-batches.ts';
import { lastLineEnd } from './last-raw-lines.ts';
import { isSearch, lineFilter } from './log-query.ts';
import { mergeLines } from './merge-lines.ts';
import { blockFinder, placeOf } from './run-lines.ts';
import { runReader, type LineFilter, type RunReader, type TimedLine } from './run-reader.ts';

const LOOK_MS = 500;
const PARTIAL_AFTER_MS = 1_000;
/** Runs per instance that are still read after a newer one began: what they left may write. */
const OLD_RUNS = 2;

export type FollowOptions = Readonly<{
  archive: Archive;
  now: () => number;
  /** Calls back when some log has grown or a run began or ended. */
  onNews: (listener: () => void) => () => void;
}>;

type Cursor = {
  readonly instance: string;
  readonly token: string;
  reader: RunReader;
  offset: number;
  endTold: boolean;
  /** A line of it was shown. */
  isShown: boolean;
  /** In a search a start is told with the first line that is found. */
  start: TimedLine | null;
};

/** Where each run ends now: taken before the query, so that nothing falls between. */
export type FollowStart = ReadonlyMap<string, number>;

export async function followStart(archive: Archive, query: LogQuery): Promise<FollowStart> {
  const ends = new Map<string, number>();
  for (const instance of archive.instances(query.services))
    for (const token of archive.tokens(instance)) {
      const open = await archive.openRun(instance, token);
      // A line that is not yet complete belongs to the part that follows.
      ends.set(token, (await lastLineEnd(open.source)) ?? open.indexedTo);
      await open.close();
    }
  return ends;
}

export type FollowFrom = Readonly<{
  ends: FollowStart;
  /** Tokens of runs of which a line was shown. */
  shown: ReadonlySet<string>;
  abort: AbortSignal;
}>;

export async function* followLines(
  options: FollowOptions,
  query: LogQuery,
  { ends, shown, abort }: FollowFrom,
): AsyncGenerator<readonly TimedLine[]> {
  const { archive, now } = options;
  const filter = lineFilter({ ...query, tail: null });
  const cursors = new Map<string, Cursor>();
  const waiter = newsWaiter(options.onNews, abort);
  try {
    let isFirst = true;
    while (!abort.aborted) {
      const begun = updateCursors(archive, query, { cursors, ends, shown, filter, isFirst });
      isFirst = false;
      const byInstance = Map.groupBy(cursors.values(), ({ instance }) => instance);
      const news = { begun, now, filter };
      const sources = [...byInstance].map(([, each]) => instanceNews(archive, each, news));
      for await (const batch of mergeLines(sources)) {
        yield batch;
        if (abort.aborted) return;
      }
      await waiter.wait();
    }
  } finally {
    waiter.stop();
  }
}

type CursorState = Readonly<{
  cursors: Map<string, Cursor>;
  ends: FollowStart;
  shown: ReadonlySet<string>;
  filter: LineFilter;
  isFirst: boolean;
}>;

/** Adds runs that are new, forgets those long over; returns the tokens of the new ones. */
function updateCursors(
  archive: Archive,
  query: LogQuery,
  { cursors, ends, shown, filter, isFirst }: CursorState,
): ReadonlySet<string> {
  const begun = new Set<string>();
  const current = new Set<string>();
  for (const instance of archive.instances(query.services)) {
    const tokens = archive.tokens(instance);
    const known = tokens.findLastIndex((token) => ends.has(token) || cursors.has(token));
    // However many began since the last look: each is read.
    const from = Math.min(tokens.length - 1 - OLD_RUNS, known + 1);
    for (const token of tokens.slice(Math.max(0, from))) {
      current.add(token);
      if (cursors.has(token)) continue;
      const isNew = !isFirst || !ends.has(token);
      if (isNew) begun.add(token);
      const place = { service: instance.replace(/\.\d+$/, ''), instance, run: token };
      cursors.set(token, {
        instance,
        token,
        reader: runReader(place, filter),
        offset: ends.get(token) ?? 0,
        isShown: shown.has(token),
        start: null,
        endTold: !isNew && exitOf(archive, instance, token) !== null,
      });
    }
  }
  for (const token of cursors.keys()) if (!current.has(token)) cursors.delete(token);
  return begun;
}

type NewsOptions = Readonly<{
  begun: ReadonlySet<string>;
  now: () => number;
  filter: LineFilter;
}>;

async function* instanceNews(
  archive: Archive,
  cursors: readonly Cursor[],
  { begun, now, filter }: NewsOptions,
): AsyncGenerator<readonly TimedLine[]> {
  for (const [at, cursor] of cursors.entries()) {
    const fact = archive.fact(cursor.instance, cursor.token);
    const open = await archive.openRun(cursor.instance, cursor.token);
    try {
      if (begun.has(cursor.token) && at > 0) {
        const atMs = fact?.startedAtMs ?? now();
        const line = runBoundary(placeOf(open), null, fact, [atMs, 0]);
        if (isSearch(filter)) cursor.start = { atMs, line };
        else yield [{ atMs, line }];
      }
      for await (const lines of runNews(open, cursor, now())) {
        yield cursor.start === null ? lines : [cursor.start, ...lines];
        cursor.start = null;
        cursor.isShown = true;
      }
      const exit = exitOf(archive, cursor.instance, cursor.token);
      if (exit === null || cursor.endTold || cursor.offset < open.source.end()) continue;
      cursor.endTold = true;
      if (isSearch(filter) && !cursor.isShown) continue;
      const ended = archive.fact(cursor.instance, cursor.token);
      const line = runBoundary(placeOf(open), ended, null, [exit.atMs, cursor.offset]);
      yield [{ atMs: exit.atMs, line }];
    } finally {
      await open.close();
    }
  }
}

function exitOf(archive: Archive, instance: string, token: string): RunExit | null {
  return archive.fact(instance, token)?.exit ?? null;
}

async function* runNews(
  open: OpenRun,
  cursor: Cursor,
  nowMs: number,
): AsyncGenerator<readonly TimedLine[]> {
  const to = open.source.end();
  if (to <= cursor.offset) return;
  const { index } = open;
  const first = index.ofOffset(cursor.offset);
  const blocks = index.slice(first, index.count - first);
  if (blocks.length === 0) return;
  const withPartial = open.isOver || nowMs - open.writtenMs >= PARTIAL_AFTER_MS;
  const range = { from: cursor.offset, to };
  for await (const batch of lineBatches(open.source, range, withPartial)) {
    const lines = cursor.reader.take(batch, blockFinder(blocks));
    cursor.offset = batch.offset + (batch.ends.at(-1) ?? 0);
    if (lines.length > 0) yield lines;
  }
}

function newsWaiter(
  onNews: FollowOptions['onNews'],
  abort: AbortSignal,
): Readonly<{ wait(): Promise<void>; stop(): void }> {
  let isNews = false;
  let wake: (() => void) | null = null;
  const ring = (): void => {
    isNews = true;
    wake?.();
  };
  const off = onNews(ring);
  abort.addEventListener('abort', ring);
  return {
    async wait() {
      if (!isNews)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, LOOK_MS);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      wake = null;
      isNews = false;
    },
    stop() {
      off();
      abort.removeEventListener('abort', ring);
    },
  };
}
