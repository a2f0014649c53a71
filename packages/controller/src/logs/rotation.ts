/**
 * Turns the front of a growing spool into compressed segments and gives its space back.
 *
 * Order makes every crash harmless: the segment is written aside, synced and renamed; only then is
 * the spool's range released, and a release cut short is done again at the next start. Only whole
 * indexed blocks are moved, so a line is never cut. Where holes cannot be punched a live spool is
 * left alone and is packed when its run is over.
 */
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openIndexReader } from './block-index.ts';
import { isMissing } from './file-error.ts';
import type { HolePunch } from './hole-punch.ts';
import { listSegments, namesIn, segmentPath, type RunFiles } from './log-folder.ts';
import { findPieces } from './spool-source.ts';
import { writeSegment } from './segment.ts';

export type Rotation = Readonly<{
  /** Up to where a run's spool is, or is about to be, released. */
  released(token: string): number;
  /** Moves full segments out of the spool while there are any; `all`: the rest, too. */
  rotate(run: RunFiles, all?: boolean): Promise<number>;
  /** Packs what is left of a run that is over and removes its spool. */
  retire(run: RunFiles): Promise<void>;
  /** Clears what a crash left: unfinished segments, unfinished releases. */
  recover(run: RunFiles): Promise<void>;
}>;

export type RotationOptions = Readonly<{ segmentBytes: number; punch: HolePunch }>;

export function rotation({ segmentBytes, punch }: RotationOptions): Rotation {
  const releasedTo = new Map<string, number>();

  const release = async (run: RunFiles, to: number): Promise<void> => {
    releasedTo.set(run.token, to);
    await punch.punch(`./${run.instance}/${run.token}.log`, to);
  };
  return {
    released: (token) => releasedTo.get(token) ?? 0,
    async rotate(run, all = false) {
      let count = 0;
      while (punch.works()) {
        const live = (await findPieces(run)).at(-1);
        if (live === undefined || live.path !== null) return count;
        const full = lastBlockEnd(run, live.start, segmentBytes);
        const end = full ?? (all ? lastBlockEnd(run, live.start, 1) : null);
        if (end === null) return count;
        await pack(run, live.start, end);
        await release(run, end);
        count++;
      }
      return count;
    },
    async retire(run) {
      for (;;) {
        const live = (await findPieces(run)).at(-1);
        if (live === undefined || live.path !== null) break;
        await pack(run, live.start, Math.min(live.end, live.start + segmentBytes));
      }
      releasedTo.set(run.token, Number.MAX_SAFE_INTEGER);
      await rm(run.spool, { force: true });
    },
    async recover(run) {
      for (const name of namesIn(run.folder))
        if (name.startsWith(`${run.token}.`) && name.endsWith('.tmp'))
          await rm(join(run.folder, name), { force: true });
      const live = (await findPieces(run)).at(-1);
      const stats = await stat(run.spool).catch((cause: unknown) => {
        if (isMissing(cause)) return null;
        throw cause;
      });
      if (stats === null || listSegments(run).length === 0) return;
      const from = live?.path === null ? live.start : stats.size;
      releasedTo.set(run.token, from);
      if (stats.blocks * 512 > stats.size - from + segmentBytes / 4) await release(run, from);
    },
  };
}

/** Copies a range of the spool to the run's next segment. */
async function pack(run: RunFiles, start: number, end: number): Promise<void> {
  const number = (listSegments(run).at(-1) ?? 0) + 1;
  const spool = await open(run.spool, 'r');
  try {
    await writeSegment(spool, { start, end }, segmentPath(run, number));
  } finally {
    await spool.close();
  }
}

/** End of the last indexed block within `bytes` from `start`; null: not that much is indexed. */
function lastBlockEnd(run: RunFiles, start: number, bytes: number): number | null {
  const index = openIndexReader(run.index);
  if (index === null) return null;
  try {
    const last = index.at(index.count - 1);
    if (last === null || last.end - start < bytes) return null;
    const position = index.ofOffset(start + bytes);
    const block = index.at(position - 1);
    return block === null || block.end <= start ? last.end : block.end;
  } finally {
    index.close();
  }
}
