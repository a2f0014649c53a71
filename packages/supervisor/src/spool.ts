/**
 * Spool files: what a run prints goes straight into `logs/<instance>/<token>.log`, so that a dead
 * daemon blocks nobody and loses no line. Old runs are pruned whole; the last run always stays.
 */
import { closeSync, openSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolders } from '@fettle/sdk/daemon/make-folders';

export type SpoolBounds = Readonly<{ maxRuns: number; maxBytes: number }>;
/**
 * Far beyond what the controller's log keeper lets stay (100 runs, 256 MiB): it records what it
 * drops, we cannot. This is for a crash loop that goes on while no controller lives.
 */
export const defaultSpoolBounds: SpoolBounds = { maxRuns: 200, maxBytes: 4 * 1_073_741_824 };

/** Less than this, and a service's next line may be the one that fails. */
const roomBytes = 65_536;

/**
 * Descriptor to hand to a spawn; null: the disk does not take it, the output is lost. A file on a
 * full disk can be opened, but each write to it fails, and many programs die of that.
 */
export function openSpool(file: string): number | null {
  const fd = openFile(file) ?? openInNewFolder(file);
  if (fd === null || hasRoom(file)) return fd;
  closeSync(fd);
  rmSync(file, { force: true });
  return null;
}

function hasRoom(file: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(file);
    return bavail * bsize >= roomBytes;
  } catch {
    return true;
  }
}

function openFile(file: string): number | null {
  try {
    return openSync(file, 'a', 0o600);
  } catch {
    return null;
  }
}

function openInNewFolder(file: string): number | null {
  try {
    makeFolders(dirname(file));
  } catch {
    return null;
  }
  return openFile(file);
}

export function closeSpool(fd: number): void {
  closeSync(fd);
}

/** All files of a run begin with its token; what else is in the folder is the log keeper's. */
const runFile = /^([\w-]+-\d+)\.(?:log|idx|\d+\.zst)$/;
type SpooledRun = { token: string; files: string[]; bytes: number; newestMs: number };

/**
 * Removes whole ended runs beyond the bounds, oldest first, and returns their tokens. Runs in
 * `keep` (live ones) and the newest ended run stay whatever they weigh, and do not count.
 */
export function pruneSpools(
  folder: string,
  keep: ReadonlySet<string>,
  bounds: SpoolBounds = defaultSpoolBounds,
): string[] {
  const ended = listRuns(folder).filter(({ token }) => !keep.has(token));
  ended.sort((left, right) => right.newestMs - left.newestMs);
  const pruned: string[] = [];
  let bytes = 0;
  for (const [index, run] of ended.slice(1).entries()) {
    bytes += run.bytes;
    if (index + 1 < bounds.maxRuns && bytes <= bounds.maxBytes) continue;
    for (const file of run.files) rmSync(join(folder, file), { force: true });
    pruned.push(run.token);
  }
  return pruned;
}

function listRuns(folder: string): SpooledRun[] {
  const runs = new Map<string, SpooledRun>();
  for (const name of namesIn(folder)) {
    const token = runFile.exec(name)?.[1];
    const facts = token === undefined ? null : factsOf(join(folder, name));
    if (token === undefined || facts === null) continue;
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
