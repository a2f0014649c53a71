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

/** Resolves to the end of what is indexed. */
export async function finishIndex(run: RunFiles, options: IndexerOptions): Promise<number> {
  const indexedTo = fullyIndexed(run);
  if (indexedTo !== null) return indexedTo;
  const tail = runTail(run, options.firstOffset(run), () => undefined);
  try {
    if (!tail.look(options.now())) return tail.offset();
    for (;;) {
      const sliceEndMs = performance.now() + SLICE_MS;
      const isDone = tail.pump(options.now(), () => performance.now() < sliceEndMs);
      if (isDone || options.isStopped()) return tail.offset();
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    tail.finish();
  }
}

/** The size of the spool, when all of it is indexed or it is gone. */
function fullyIndexed(run: RunFiles): number | null {
  const stats = statSync(run.spool, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  const reader = openIndexReader(run.index);
  const last = reader?.at(reader.count - 1) ?? null;
  reader?.close();
  return (last?.end ?? 0) >= stats.size ? stats.size : null;
}
