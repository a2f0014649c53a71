/**
 * Merges lines of several instances by time. Each source keeps its own order, even where its times
 * step back: what a service wrote is never shuffled.
 */
import type { TimedLine } from './run-reader.ts';

type Head = {
  readonly source: AsyncIterator<readonly TimedLine[]>;
  batch: readonly TimedLine[];
  at: number;
  /** Time of the line at `at`, never before that of an earlier one. */
  keyMs: number;
};

/** Batches of merged lines; equal times keep the order of `sources`. */
export async function* mergeLines(
  sources: readonly AsyncIterable<readonly TimedLine[]>[],
): AsyncGenerator<readonly TimedLine[]> {
  let heads: Head[] = [];
  try {
    for (const source of sources) {
      const head = { source: source[Symbol.asyncIterator](), batch: [], at: 0, keyMs: -Infinity };
      heads.push(head);
    }
    const opened = await Promise.all(heads.map(refill));
    heads = heads.filter((_, index) => opened[index]);
    while (heads.length > 0) {
      const [first, limitMs] = earliest(heads);
      const merged: TimedLine[] = [];
      let hasMore = true;
      while (hasMore && first.at < first.batch.length && first.keyMs <= limitMs) {
        merged.push(first.batch[first.at]!);
        first.at++;
        if (first.at < first.batch.length) advance(first);
        else hasMore = false;
      }
      if (merged.length > 0) yield merged;
      if (!hasMore && !(await refill(first))) heads = heads.filter((head) => head !== first);
    }
  } finally {
    for (const { source } of heads) await source.return?.();
  }
}

function advance(head: Head): void {
  head.keyMs = Math.max(head.keyMs, head.batch[head.at]!.atMs);
}

async function refill(head: Head): Promise<boolean> {
  for (;;) {
    const next = await head.source.next();
    if (next.done === true) return false;
    if (next.value.length === 0) continue;
    head.batch = next.value;
    head.at = 0;
    advance(head);
    return true;
  }
}

/** The head that is next, and up to what time it may go on before another is due. */
function earliest(heads: readonly Head[]): readonly [Head, number] {
  let first = heads[0]!;
  for (const head of heads) if (head.keyMs < first.keyMs) first = head;
  let limitMs = Infinity;
  let isBefore = true;
  for (const head of heads) {
    if (head === first) isBefore = false;
    // An equal time goes to whoever stands in front.
    else limitMs = Math.min(limitMs, isBefore ? head.keyMs - 0.5 : head.keyMs);
  }
  return [first, limitMs];
}
