/**
 * Keeps bytes that an act replaces, named by their hash, so that the way back gives exactly them.
 *
 * They lie in `.fettle/replaced` (mode 0600) and never in a record: a file may hold secrets, and
 * records are shown. Bounded: the oldest leave first.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { putFile } from './file-swap.ts';

export type KeptBytes = Readonly<{
  /** The name by which `read` finds them. @throws when the disk does not take them. */
  keep(bytes: Buffer): string;
  /** null: no longer kept. */
  read(hash: string): Buffer | null;
}>;

const maxFiles = 500;
const maxBytes = 256 * 1_048_576;

export function openKeptBytes(stateDir: string): KeptBytes {
  const folder = join(stateDir, 'replaced');
  return {
    keep(bytes) {
      const hash = hashOf(bytes);
      const file = join(folder, hash);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (readWhole(file, hash) === null) putFile(file, bytes, { mode: 0o600 });
      else touch(file);
      prune(folder);
      return hash;
    },
    read: (hash) => (/^[0-9a-f]{64}$/.test(hash) ? readWhole(join(folder, hash), hash) : null),
  };
}

export function hashOf(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A file that a crash cut short is as good as none. */
function readWhole(file: string, hash: string): Buffer | null {
  try {
    const bytes = readFileSync(file);
    return hashOf(bytes) === hash ? bytes : null;
  } catch {
    return null;
  }
}

function touch(file: string): void {
  const now = new Date();
  utimesSync(file, now, now);
}

function prune(folder: string): void {
  const files = readdirSync(folder)
    .map((name) => join(folder, name))
    .map((file) => ({ file, stat: statSync(file, { throwIfNoEntry: false }) }))
    .toSorted((a, b) => (b.stat?.mtimeMs ?? 0) - (a.stat?.mtimeMs ?? 0));
  let total = 0;
  files.forEach(({ file, stat }, at) => {
    total += stat?.size ?? 0;
    // The newest one is always kept, however large it is.
    if (at > 0 && (at >= maxFiles || total > maxBytes)) rmSync(file, { force: true });
  });
}
