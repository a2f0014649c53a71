/** Where this program lies, and what to write for it into a file that outlives this call. */
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Session } from './session.ts';

/**
 * The folder with the `fettle` script, links resolved: above `packages/cli`, whose modules may lie
 * in `src`, `dist` or `bundle`.
 */
export const ownRoot: string = findRoot();

/** `fettle` where the PATH leads to this very program, else its absolute path. */
export function ownCommand({ env }: Session): string {
  const own = join(ownRoot, 'fettle');
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const found = folder === '' ? null : executable(join(folder, 'fettle'));
    if (found !== null) return realOf(found) === realOf(own) ? 'fettle' : own;
  }
  return own;
}

function findRoot(): string {
  const here = fileURLToPath(import.meta.url);
  return here.slice(0, here.lastIndexOf('/packages/cli/'));
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
