/**
 * Spool files: what a run prints goes straight into `logs/<instance>/<token>.log`, so that a dead
 * daemon blocks nobody and loses no line. Old runs are pruned whole; the last run always stays.
 */
import { closeSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolders } from '@fettle/sdk/daemon/make-folders';

export type SpoolBounds = Readonly<{ maxRuns: number; maxBytes: number }>;
export const defaultSpoolBounds: SpoolBounds = { maxRuns: 5, maxBytes: 256 * 1_048_576 };

/** Descriptor to hand to a spawn; null: the disk does not take it, the output is lost. */
export function openSpool(file: string): number | null {
  try {
    return openSync(file, 'a', 0o600);
  } catch {
    return openInNewFolder(file);
  }
}

function openInNewFolder(file: string): number | null {
  try {
    makeFolders(dirname(file));
    return openSync(file, 'a', 0o600);
  } catch {
    return null;
  }
}

export function closeSpool(fd: number): void {
  closeSync(fd);
}

/** `<token>.log`, `<token>.0001.zst`: all files of a run begin with its token and a dot. */
type SpooledRun = { token: string; files: string[]; bytes: number; newestMs: number };

/**
 * Removes runs beyond the bounds, oldest first, and returns their tokens. Runs in `keep` (live
 * ones) and the newest ended run stay whatever they weigh.
 */
export function pruneSpools(
  folder: string,
  keep: ReadonlySet<string>,
  bounds: SpoolBounds = defaultSpoolBounds,
): string[] {
  const runs = listRuns(folder);
  runs.sort((left, right) => right.newestMs - left.newestMs);
  const pruned: string[] = [];
  let bytes = 0;
  let ended = 0;
  for (const [index, run] of runs.entries()) {
    bytes += run.bytes;
    const live = keep.has(run.token);
    if (!live) ended += 1;
    if (live || ended <= 1 || (index < bounds.maxRuns && bytes <= bounds.maxBytes)) continue;
    for (const file of run.files) rmSync(join(folder, file), { force: true });
    bytes -= run.bytes;
    pruned.push(run.token);
  }
  return pruned;
}

function listRuns(folder: string): SpooledRun[] {
  const runs = new Map<string, SpooledRun>();
  for (const name of namesIn(folder)) {
    const token = name.slice(0, Math.max(0, name.indexOf('.')));
    const facts = factsOf(join(folder, name));
    if (token === '' || facts === null) continue;
    const run = runs.get(token) ?? { token, files: [], bytes: 0, newestMs: 0 };
    run.files.push(name);
    run.bytes += facts.bytes;
    run.newestMs = Math.max(run.newestMs, facts.modifiedMs);
    runs.set(token, run);
  }
  return [...runs.values()];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Bytes on disk: a spool whose head was released is long but light. */
function factsOf(file: string): { bytes: number; modifiedMs: number } | null {
  try {
    const { blocks, mtimeMs } = statSync(file);
    return { bytes: blocks * 512, modifiedMs: mtimeMs };
  } catch {
    return null;
  }
}
