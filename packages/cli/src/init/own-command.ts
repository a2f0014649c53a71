/** What to write for `fettle` into a file that outlives this call. */
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Session } from '../session.ts';

/** The script that starts this program, from `src/init`; the bundle's chunks lie one level up. */
export const ownScript: string = findScript();

/** `fettle` where the PATH leads to this very program, else its absolute path. */
export function ownCommand({ env }: Session): string {
  const own = realOf(ownScript);
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const found = folder === '' ? null : executable(join(folder, 'fettle'));
    if (found === null) continue;
    return realOf(found) === own ? 'fettle' : ownScript;
  }
  return ownScript;
}

function findScript(): string {
  // `packages/cli/{src/init,dist/init,bundle}/x.js`: the root is above `packages`.
  const here = fileURLToPath(import.meta.url);
  return join(here.slice(0, here.lastIndexOf('/packages/cli/')), 'fettle');
}

function executable(file: string): string | null {
  try {
    accessSync(file, constants.X_OK);
    return file;
  } catch {
    return null;
  }
}

function realOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
