/**
 * The last lines of a run, straight from the end of its bytes: needs no index and no tailer, so
 * that it answers within milliseconds of an exit.
 */
import type { RunFiles } from './log-folder.ts';
import { lineBatches, lineText } from './line-batches.ts';
import { openSource, type SpoolSource } from './spool-source.ts';

const WINDOW_BYTES = 64 * 1024;
/** However long the lines are, no more than this is read. */
const MOST_BYTES = 4 * 1024 * 1024;

export async function lastRawLines(
  run: RunFiles,
  count: number,
  released: (token: string) => number,
): Promise<readonly string[]> {
  if (count <= 0) return [];
  const source = await openSource(run, released);
  try {
    const end = source.end();
    for (let bytes = WINDOW_BYTES; ; bytes *= 4) {
      const from = Math.max(source.start(), end - bytes);
      const lines = await linesBetween(source, from, end);
      const isAll = from === source.start();
      // The first line may have begun before the window.
      if (isAll || lines.length > count || bytes >= MOST_BYTES)
        return lines.slice(isAll ? -count : -Math.min(count, Math.max(1, lines.length - 1)));
    }
  } finally {
    await source.close();
  }
}

async function linesBetween(source: SpoolSource, from: number, to: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const { bytes, ends } of lineBatches(source, { from, to }, true)) {
    let start = 0;
    for (const end of ends) {
      lines.push(lineText(bytes, start, end));
      start = end;
    }
  }
  return lines;
}

/** Offset after the last newline before `end`; null: there is none nearby. */
export async function lastLineEnd(source: SpoolSource): Promise<number | null> {
  const end = source.end();
  const from = Math.max(source.start(), end - 2 * WINDOW_BYTES);
  let last: number | null = from === source.start() ? from : null;
  for (let at = from; at < end;) {
    const bytes = await source.read(at);
    if (bytes.length === 0) break;
    const newline = bytes.subarray(0, end - at).lastIndexOf(0x0a);
    if (newline >= 0) last = at + newline + 1;
    at += bytes.length;
  }
  return last;
}
