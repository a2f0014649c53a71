/**
 * `file_exists(path)`, `file_changed(path)`, `has_good_version(service)`: what the ledger of files
 * and the disk say. A relative path counts from the stack's folder.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ActionWorld } from '../actions/action-world.ts';
import { readFileState } from '../actions/file-swap.ts';
import { hashOf } from '../actions/kept-bytes.ts';
import { textArgument, type ShellFact } from './shell-fact.ts';

export const fileExists: ShellFact = {
  name: 'file_exists',
  answer(args, { world }) {
    const path = textArgument(args, 0);
    if (path === '') return Promise.resolve(null);
    const found = statSync(resolve(world.paths.stackDir, path), { throwIfNoEntry: false });
    return Promise.resolve(found !== undefined);
  },
};

export const fileChanged: ShellFact = {
  name: 'file_changed',
  answer(args, { world }) {
    const path = resolve(world.paths.stackDir, textArgument(args, 0));
    const isWatched = world.ledger?.watched().some((one) => one.path === path) === true;
    return Promise.resolve(isWatched ? differs(path, world) : null);
  },
};

export const hasGoodVersion: ShellFact = {
  name: 'has_good_version',
  answer(args, { world }) {
    const service = textArgument(args, 0);
    const files = world.ledger?.watched().filter((one) => one.service === service) ?? [];
    return Promise.resolve(files.some(({ path }) => differs(path, world) === true));
  },
};

/** null: no good version is known. */
function differs(path: string, world: ActionWorld): boolean | null {
  const good = world.ledger?.goodVersion(path) ?? null;
  if (good === null) return null;
  const now = readFileState(path);
  return now === null || hashOf(now.bytes) !== good.hash;
}
