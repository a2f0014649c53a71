/**
 * Makes a folder and the ones above it, one plain mkdir each.
 *
 * Node's own `recursive` never returns where a file system refuses new entries with ENOENT, as
 * /proc does: it makes the parent, which is there, and tries again, for ever.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A folder that is there is left as it is. @throws Node's error of the first that fails. */
export function makeFolders(folder: string, mode = 0o700): void {
  const missing: string[] = [];
  for (let at = folder; !isFolder(at) && dirname(at) !== at; at = dirname(at)) missing.push(at);
  for (const one of missing.toReversed())
    try {
      mkdirSync(one, { mode });
    } catch (cause) {
      // Somebody else was quicker; anything but a folder in its place is an error.
      if (!isFolder(one)) throw cause;
    }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
