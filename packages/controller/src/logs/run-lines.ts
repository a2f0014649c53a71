/** Lines of one opened run: forwards over a range of its index, or the last few. */
import { lineBatches } from './line-batches.ts';
import type { Block } from './block-record.ts';
import type { OpenRun } from './archive.ts';
import { serviceOf } from './archive.ts';
import { runReader, type LineFilter, type RunReader, type TimedLine } from './run-reader.ts';
import { countWanted, spansOf, timeBounds } from './run-spans.ts';

/** Blocks that a `tail` reads first; each further step back is four times as long. */
const FIRST_STEP = 2;
/** A search looks at about this much of a log first. */
const FIRST_GREP_STEP = 64;
const LONGEST_STEP = 4_096;
const PARTIAL_AFTER_MS = 1_000;

export function placeOf({ run }: OpenRun): { service: string; instance: string; run: string } {
  return { service: serviceOf(run.instance), instance: run.instance, run: run.token };
}

/** All lines of a run that pass, oldest first. */
export async function* allLines(
  open: OpenRun,
  filter: LineFilter,
  nowMs: number,
): AsyncGenerator<readonly TimedLine[]> {
  const reader = runReader(placeOf(open), filter);
  yield* rangeLines(open, reader, { bounds: timeBounds(open.index, filter), filter, nowMs });
}

/** Lines from `offset` on, whatever their number. */
export async function* linesFrom(
  open: OpenRun,
  filter: LineFilter,
  [offset, nowMs]: readonly [number, number],
): AsyncGenerator<readonly TimedLine[]> {
  const reader = runReader(placeOf(open), filter);
  const [first, last] = timeBounds(open.index, filter);
  // One block more in front, so that a stack trace that began there is known as one.
  const bounds = [Math.max(first, open.index.ofOffset(offset) - 1), last] as const;
  for await (const lines of rangeLines(open, reader, { bounds, filter, nowMs })) {
    const wanted = lines.filter(({ line }) => line.offset >= offset);
    if (wanted.length > 0) yield wanted;
  }
}

type Range = Readonly<{ bounds: readonly [number, number]; filter: LineFilter; nowMs: number }>;

async function* rangeLines(
  open: OpenRun,
  reader: RunReader,
  { bounds, filter, nowMs }: Range,
): AsyncGenerator<readonly TimedLine[]> {
  const hasPartial = open.isOver || nowMs - open.writtenMs >= PARTIAL_AFTER_MS;
  for (const span of spansOf(open.index, bounds, filter)) {
    const isLast = span.to >= open.source.end();
    const blockOf = blockFinder(span.blocks);
    for await (const batch of lineBatches(open.source, span, isLast && hasPartial)) {
      const lines = reader.take(batch, blockOf);
      if (lines.length > 0) yield lines;
      await breathe();
    }
  }
}

/** A batch takes some ms; others on this event loop must not wait for a whole file. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Offsets are asked in ascending order. */
export function blockFinder(blocks: readonly Block[]): (offset: number) => Block {
  let at = 0;
  return (offset) => {
    if (offset < blocks[at]!.start) at = 0;
    while (at < blocks.length - 1 && offset >= blocks[at]!.end) at++;
    return blocks[at]!;
  };
}

/** The last `count` lines that pass, oldest first: reads from the end, and no more than needed. */
export async function lastLines(
  open: OpenRun,
  filter: LineFilter,
  [count, nowMs]: readonly [number, number],
): Promise<readonly TimedLine[]> {
  const [first, last] = timeBounds(open.index, filter);
  let found: readonly TimedLine[] = [];
  let to = last;
  let step = filter.grep === null ? FIRST_STEP : FIRST_GREP_STEP;
  while (to > first && found.length < count) {
    const from = stepBack(open, filter, { first, to, wanted: count - found.length, step });
    const older = await windowLines(open, filter, { first, from, to, nowMs, count });
    found = [...older, ...found].slice(-count);
    to = from;
    step = Math.min(LONGEST_STEP, step * 4);
  }
  return found;
}

type Step = Readonly<{ first: number; to: number; wanted: number; step: number }>;

/** How far back a window must begin to hold `wanted` lines, judged by the index. */
function stepBack(open: OpenRun, filter: LineFilter, { first, to, wanted, step }: Step): number {
  let from = to;
  let lines = 0;
  while (from > first && (to - from < step || lines < wanted) && to - from < LONGEST_STEP) {
    from--;
    lines += countWanted(open.index.slice(from, 1)[0]!, filter.level);
    if (filter.grep === null && lines >= wanted && to - from >= step) break;
  }
  return from;
}

type Window = Readonly<{ first: number; from: number; to: number; nowMs: number; count: number }>;

async function windowLines(
  open: OpenRun,
  filter: LineFilter,
  { first, from, to, nowMs, count }: Window,
): Promise<readonly TimedLine[]> {
  const reader = runReader(placeOf(open), filter);
  const startsAt = open.index.slice(from, 1)[0]?.start ?? 0;
  let found: TimedLine[] = [];
  // One block more in front, so that a stack trace that began there is known as one.
  const bounds = [Math.max(first, from - 1), to] as const;
  for await (const lines of rangeLines(open, reader, { bounds, filter, nowMs })) {
    found = found.concat(lines.filter(({ line }) => line.offset >= startsAt));
    if (found.length > count * 2) found = found.slice(-count);
  }
  return found.slice(-count);
}
