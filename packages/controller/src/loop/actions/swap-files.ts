/**
 * Replaces watched files as a whole, and puts the old bytes back: what restoring, editing and
 * syncing of configuration have in common.
 *
 * Only files that the ledger watches are touched. The capture names old and new bytes by hash; both
 * are kept aside, so that either way gives exactly them. What a person wrote in between wins.
 */
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import { rmSync } from 'node:fs';
import { relative } from 'node:path';
import { z } from 'zod';
import { changed, noMeans, noTarget, refused } from './act-error.ts';
import type { ActContext, Seen } from './action.ts';
import type { ActionWorld, WatchedFile, WatchedFiles } from './action-world.ts';
import { putFile, readFileState } from './file-swap.ts';
import { hashOf } from './kept-bytes.ts';

/** `before` null: there was no file. */
const captured = z.object({
  files: z.array(
    z.object({
      path: z.string(),
      before: z.object({ hash: z.string(), mode: z.int(), uid: z.int(), gid: z.int() }).nullable(),
      after: z.string(),
      secret: z.boolean(),
    }),
  ),
});
type CapturedFile = z.infer<typeof captured>['files'][number];

export type FileChange = Readonly<{ path: string; bytes: Buffer }>;

/** Relative to the stack's folder where it lies in it. */
export function shown(path: string, world: ActionWorld): string {
  const from = relative(world.paths.stackDir, path);
  return from.startsWith('..') ? path : from;
}

export function ledgerOf({ ledger }: ActionWorld): WatchedFiles {
  if (ledger !== null) return ledger;
  throw noMeans('no file is watched', 'List files under `configs:` in the config.');
}

/** The files that a service reads. */
export function filesOf(service: string, world: ActionWorld): readonly WatchedFile[] {
  return ledgerOf(world)
    .watched()
    .filter((one) => one.service === service);
}

/** By absolute path or as shown. @throws FettleError E-ACT-TARGET: not watched for that service. */
export function watchedFile(service: string, path: string, world: ActionWorld): WatchedFile {
  const found = filesOf(service, world).find(
    (one) => one.path === path || shown(one.path, world) === path,
  );
  if (found !== undefined) return found;
  throw noTarget(
    `${path} is not watched for ${service}`,
    'Only files under `configs:` and `secrets:` of the service are ever written.',
  );
}

/** Nothing is changed yet; old and new bytes are put aside. */
export function captureSwap(
  service: string,
  changes: readonly FileChange[],
  world: ActionWorld,
): Value {
  const files = changes.map(({ path, bytes }) => {
    const { secret } = watchedFile(service, path, world);
    const now = readFileState(path);
    if (now !== null) world.kept.keep(now.bytes);
    const { mode, uid, gid } = now ?? { mode: 0, uid: 0, gid: 0 };
    const before = now === null ? null : { hash: hashOf(now.bytes), mode, uid, gid };
    return { path, before, after: world.kept.keep(bytes), secret };
  });
  return { files };
}

export function swapFiles(service: string, capture: Value, { world, signal }: ActContext): string {
  const { files } = captured.parse(capture);
  for (const { path } of files) watchedFile(service, path, world);
  for (const file of files) {
    const { path, before, after, secret } = file;
    if (signal.aborted) throw changed('the time for the step is over');
    const now = hashNow(path);
    if (now === after) continue;
    if (now !== (before?.hash ?? null))
      throw changed(`${shown(path, world)} was edited in the meantime`);
    const bytes = keptBytes(after, path, world);
    putFile(path, bytes, before === null ? { mode: secret ? 0o600 : 0o644 } : ownerOf(before));
  }
  return `${namesOf(files, world)} replaced`;
}

/** What a person edited since is theirs: it is not overwritten. */
export function swapBack(service: string, capture: Value, { world }: ActContext): string {
  const { files } = captured.parse(capture);
  for (const { path } of files) watchedFile(service, path, world);
  for (const { path, before, after } of files.toReversed()) {
    const now = hashNow(path);
    if (now === (before?.hash ?? null)) continue;
    if (now !== after) throw changed(`${shown(path, world)} was edited after the cure`);
    // There was no file: the one there holds our bytes, nobody else's.
    if (before === null) rmSync(path);
    else putFile(path, keptBytes(before.hash, path, world), ownerOf(before));
  }
  return `${namesOf(files, world)} put back`;
}

/** The hashes tell, whatever became of the asking. */
export function seenSwap(capture: Value): Seen {
  const { files } = captured.parse(capture);
  const is = (file: CapturedFile, hash: string | null): boolean => hashNow(file.path) === hash;
  if (files.every((file) => is(file, file.after))) return 'done';
  // Half of them is as good as none: asking again does the rest.
  const known = (file: CapturedFile): boolean =>
    is(file, file.after) || is(file, file.before?.hash ?? null);
  return files.every(known) ? 'not-done' : 'unknown';
}

function keptBytes(hash: string, path: string, world: ActionWorld): Buffer {
  const bytes = world.kept.read(hash);
  if (bytes !== null) return bytes;
  throw refused(`the bytes for ${shown(path, world)} are no longer kept`, 'Edit it by hand.');
}

function hashNow(path: string): string | null {
  const now = readFileState(path);
  return now === null ? null : hashOf(now.bytes);
}

function ownerOf({ mode, uid, gid }: NonNullable<CapturedFile['before']>) {
  return { mode, uid, gid };
}

function namesOf(files: readonly CapturedFile[], world: ActionWorld): string {
  return files.map(({ path }) => shown(path, world)).join(', ');
}
