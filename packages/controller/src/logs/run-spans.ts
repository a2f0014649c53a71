/**
 * Chooses which parts of a run a query must read, from the index alone.
 *
 * Blocks outside the asked time, or without a line of the asked level, are left out; the block
 * after one that holds such a line is read, too, since a stack trace may go on in it.
 */
import { LEVELS } from '@fettle/core/loop/collect/log-level';
import { BLOCK_BYTES } from './block-builder.ts';
import { openIndexReader, type IndexReader } from './block-index.ts';
import type { Block } from './block-record.ts';
import { blockSpan } from './line-clock.ts';
import type { LineFilter } from './run-reader.ts';

/** A range to read, and the blocks in it. */
export type Span = Readonly<{ from: number; to: number; blocks: readonly Block[] }>;

const SLICE = 512;
const MAX_SPAN_BLOCKS = 64;

export type RunIndex = Readonly<{
  /** Blocks in order; the last one may be what is not indexed yet. */
  count: number;
  slice(position: number, limit: number): readonly Block[];
  ofTime(atMs: number): number;
  ofOffset(offset: number): number;
  /** End of what is indexed. */
  indexedTo: number;
  close(): void;
}>;

/**
 * The index file, then `open` (the tailer's block under way), then the rest up to `end`, of which
 * it is only known that it was written between the last block and `writtenMs`.
 */
export function runIndex(
  path: string,
  known: Readonly<{ open: Block | null; start: number; end: number; writtenMs: number }>,
): RunIndex {
  const reader = openIndexReader(path);
  const stored = reader?.count ?? 0;
  const last = stored === 0 ? null : (reader?.at(stored - 1) ?? null);
  const extra: Block[] = [];
  let indexed = Math.max(last?.end ?? 0, known.start);
  if (known.open !== null && known.open.start === indexed && known.open.end > indexed) {
    extra.push(known.open);
    indexed = known.open.end;
  }
  const indexedTo = indexed;
  const beforeMs = extra[0]?.lastMs ?? last?.lastMs ?? 0;
  const lastMs = Math.max(known.writtenMs, beforeMs);
  extra.push(...guesses(indexed, known.end, { beforeMs, lastMs }));
  // An index that was lost begins anew behind what had been moved to segments.
  const first = stored === 0 ? null : (reader?.at(0) ?? null);
  const times = { beforeMs: 0, lastMs: first?.beforeMs ?? 0 };
  const front = first === null ? [] : guesses(known.start, first.start, times);
  return joined(reader, { front, extra, stored, indexedTo });
}

/** Blocks of unknown counts: "perhaps of every level" makes nobody leave them out. */
function guesses(
  from: number,
  to: number,
  { beforeMs, lastMs }: Readonly<{ beforeMs: number; lastMs: number }>,
): Block[] {
  const blocks: Block[] = [];
  for (let start = from; start < to; start += BLOCK_BYTES * 4) {
    const end = Math.min(to, start + BLOCK_BYTES * 4);
    const levels = [1, 1, 1, 1, 1, 1, 1];
    blocks.push({ start, end, lines: 1, levels, beforeMs, firstMs: lastMs, lastMs });
  }
  return blocks;
}

type Parts = Readonly<{
  front: readonly Block[];
  extra: readonly Block[];
  stored: number;
  indexedTo: number;
}>;

function joined(reader: IndexReader | null, { front, extra, stored, indexedTo }: Parts): RunIndex {
  const behind = front.length + stored;
  const count = behind + extra.length;
  const slice = (position: number, limit: number): readonly Block[] => {
    const end = Math.min(count, position + limit);
    const from = Math.max(0, position - front.length);
    const storedCount = Math.max(0, Math.min(end - front.length, stored) - from);
    return [
      ...front.slice(position, end),
      ...(storedCount > 0 ? (reader?.slice(from, storedCount) ?? []) : []),
      ...extra.slice(Math.max(0, position - behind), Math.max(0, end - behind)),
    ];
  };
  return {
    count,
    slice,
    indexedTo,
    ofTime: (atMs) => (front.length > 0 ? 0 : (reader?.ofTime(atMs) ?? 0)),
    ofOffset(offset) {
      const inFront = front.findIndex(({ end }) => end > offset);
      if (inFront >= 0) return inFront;
      const position = reader?.ofOffset(offset) ?? 0;
      if (position < stored) return front.length + position;
      const at = extra.findIndex(({ end }) => end > offset);
      return behind + (at < 0 ? extra.length : at);
    },
    close: () => reader?.close(),
  };
}

/** Lines of a block that may pass: for judging how far back a `tail` must read. */
export function countWanted(block: Block, level: LineFilter['level']): number {
  if (level === null) return block.lines;
  let count = 0;
  for (let code = LEVELS.indexOf(level) + 1; code < block.levels.length; code++)
    count += block.levels[code] ?? 0;
  return count;
}

/** Positions `[first, last)` of blocks whose lines may lie in the asked time. */
export function timeBounds(index: RunIndex, filter: LineFilter): readonly [number, number] {
  const first = filter.sinceMs === null ? 0 : index.ofTime(filter.sinceMs - 60_000);
  return [first, index.count];
}

/** Spans of `[first, last)` that must be read, in order. */
export function* spansOf(
  index: RunIndex,
  [first, last]: readonly [number, number],
  filter: LineFilter,
): Generator<Span> {
  let blocks: Block[] = [];
  let mayGoOn = false;
  for (let position = first; position < last; position += SLICE)
    for (const block of index.slice(position, Math.min(SLICE, last - position))) {
      const isWanted = countWanted(block, filter.level) > 0;
      if (filter.untilMs !== null && blockSpan(block).fromMs > filter.untilMs) {
        if (blocks.length > 0) yield toSpan(blocks);
        return;
      }
      const isNext = blocks.at(-1)?.end === block.start && blocks.length < MAX_SPAN_BLOCKS;
      if (blocks.length > 0 && (!isNext || !(isWanted || mayGoOn))) {
        yield toSpan(blocks);
        blocks = [];
      }
      if (isWanted || mayGoOn) blocks.push(block);
      mayGoOn = isWanted && filter.level !== null;
    }
  if (blocks.length > 0) yield toSpan(blocks);
}

function toSpan(blocks: readonly Block[]): Span {
  return { from: blocks[0]!.start, to: blocks.at(-1)!.end, blocks };
}
