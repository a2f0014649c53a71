/**
 * Puts watched files back to the version with which their service was last healthy, and back again.
 *
 * Only files that the ledger watches are touched. Each is replaced as a whole, keeping mode and
 * owner; the bytes that were there are kept, so that the way back is exact.
 */
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import { relative } from 'node:path';
import { z } from 'zod';
import { changed, noMeans, noTarget, refused } from './act-error.ts';
import type { ActContext, Seen } from './action.ts';
import type { ActionWorld, WatchedFiles } from './action-world.ts';
import { putFile, readFileState } from './file-swap.ts';
import { hashOf } from './kept-bytes.ts';

/** `before` null: the file was gone. */
const captured = z.object({
  files: z.array(
    z.object({
      path: z.string(),
      before: z
        .object({
          hash: z.string(),
          mode: z.int(),
          uid: z.int(),
          gid: z.int(),
        })
        .nullable(),
      good: z.string(),
    }),
  ),
});
type CapturedFile = z.infer<typeof captured>['files'][number];

export type Choice = Readonly<{ service: string; path: string | null; secrets: 'also' | 'only' }>;

/** Watched files that differ from their last good version. @throws FettleError. */
export function filesToRestore(choice: Choice, world: ActionWorld): readonly string[] {
  const ledger = ledgerOf(world);
  return watchedFiles(choice, world).filter((path) => {
    const good = ledger.goodVersion(path);
    const now = readFileState(path);
    return good !== null && (now === null || hashOf(now.bytes) !== good.hash);
  });
}

export function shown(path: string, world: ActionWorld): string {
  const from = relative(world.paths.stackDir, path);
  return from.startsWith('..') ? path : from;
}

/** @throws FettleError: nothing differs, or no good version is known. */
export function captureFiles(choice: Choice, world: ActionWorld): Value {
  const ledger = ledgerOf(world);
  const paths = filesToRestore(choice, world);
  if (paths.length === 0)
    throw noMeans(
      `no watched file of ${choice.service} differs from its last good version`,
      'Look for another cause, or correct the file by hand.',
    );
  const files = paths.map((path) => {
    const now = readFileState(path);
    if (now !== null) world.kept.keep(now.bytes);
    const { mode, uid, gid } = now ?? { mode: 0, uid: 0, gid: 0 };
    const before = now === null ? null : { hash: hashOf(now.bytes), mode, uid, gid };
    return { path, before, good: ledger.goodVersion(path)?.hash ?? '' };
  });
  return { files };
}

export function restoreFiles(capture: Value, { world, signal }: ActContext): string {
  const ledger = ledgerOf(world);
  const { files } = captured.parse(capture);
  for (const file of files) refuseUnwatched(file.path, ledger);
  for (const file of files) {
    if (signal.aborted) throw changed('the time for the step is over');
    const now = hashNow(file.path);
    if (now === file.good) continue;
    if (now !== (file.before?.hash ?? null))
      throw changed(`${shown(file.path, world)} was edited in the meantime`);
    const good = ledger.goodVersion(file.path);
    if (good?.hash !== file.good)
      throw changed(`${shown(file.path, world)} has another good version now`);
    const owner = file.before === null ? { mode: 0o600 } : ownerOf(file.before);
    putFile(file.path, good.bytes, owner);
  }
  return `${files.map(({ path }) => shown(path, world)).join(', ')} restored`;
}

/** What the user edited since is theirs: it is not overwritten. */
export function putBackFiles(capture: Value, { world }: ActContext): string {
  const ledger = ledgerOf(world);
  const { files } = captured.parse(capture);
  for (const { path, before, good } of files.toReversed()) {
    refuseUnwatched(path, ledger);
    const now = hashNow(path);
    if (now === (before?.hash ?? null)) continue;
    if (now !== good) throw changed(`${shown(path, world)} was edited after the cure`);
    if (before === null) throw refused(`${path} was absent before`, 'Delete it by hand.');
    const bytes = world.kept.read(before.hash);
    if (bytes === null) throw noMeans(`the former bytes of ${path} are gone`, 'Edit it by hand.');
    putFile(path, bytes, ownerOf(before));
  }
  return `${files.map(({ path }) => shown(path, world)).join(', ')} put back`;
}

/** The hashes tell, whatever became of the asking. */
export function seenFiles(capture: Value): Seen {
  const { files } = captured.parse(capture);
  const is = (file: CapturedFile, hash: string | null): boolean => hashNow(file.path) === hash;
  if (files.every((file) => is(file, file.good))) return 'done';
  // Half of them is as good as none: asking again does the rest.
  const untouched = (file: CapturedFile): boolean =>
    is(file, file.good) || is(file, file.before?.hash ?? null);
  return files.every(untouched) ? 'not-done' : 'unknown';
}

function ledgerOf({ ledger }: ActionWorld): WatchedFiles {
  if (ledger !== null) return ledger;
  throw noMeans('no file is watched', 'List files under `watch:` in the config.');
}

function watchedFiles({ service, path, secrets }: Choice, world: ActionWorld): readonly string[] {
  const all = ledgerOf(world).watched();
  if (path === null)
    return all
      .filter((one) => one.service === service && (secrets === 'also' || one.secret))
      .map((one) => one.path);
  const found = all.find((one) => one.path === path || shown(one.path, world) === path);
  if (found !== undefined) return [found.path];
  throw noTarget(`${path} is not watched`, 'Only files that the config lists are ever restored.');
}

function refuseUnwatched(path: string, ledger: WatchedFiles): void {
  if (ledger.watched().some((one) => one.path === path)) return;
  throw refused(`${path} is no longer watched`, 'Only watched files are ever written.');
}

function hashNow(path: string): string | null {
  const now = readFileState(path);
  return now === null ? null : hashOf(now.bytes);
}

function ownerOf({ mode, uid, gid }: NonNullable<CapturedFile['before']>) {
  return { mode, uid, gid };
}
