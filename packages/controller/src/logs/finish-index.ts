/**
 * Indexes runs that ended, or grew, while no controller was there: once, in the background, one
 * after the other and in slices, so that a restart with much to read stays answerable.
 */
import { statSync } from 'node:fs';
import { openIndexReader } from './block-index.ts';
import type { RunFiles } from './log-folder.ts';
import { runTail } from './run-tail.ts';

const SLICE_MS = 4;

export type IndexerOptions = Readonly<{
  now: () => number;
  firstOffset: (run: RunFiles) => number;
  isStopped: () => boolean;
}>;

export async function finishIndex(run: RunFiles, options: IndexerOptions): Promise<void> {
  if (isIndexed(run)) return;
  const tail = runTail(run, options.firstOffset(run), () => undefined);
  try {
    if (!tail.look(options.now())) return;
    for (;;) {
      const sliceEndMs = performance.now() + SLICE_MS;
      const isDone = tail.pump(options.now(), () => performance.now() < sliceEndMs);
      if (isDone || options.isStopped()) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    tail.finish();
  }
}

function isIndexed(run: RunFiles): boolean {
  const stats = statSync(run.spool, { throwIfNoEntry: false });
  if (stats === undefined) return true;
  const reader = openIndexReader(run.index);
  const last = reader?.at(reader.count - 1) ?? null;
  reader?.close();
  return (last?.end ?? 0) >= stats.size;
}
