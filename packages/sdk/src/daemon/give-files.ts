/** Writes the files that a service is given before it starts: secrets and configs, each atomically. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A part of core's `GivenSecret`, which stands above this package. */
export type GivenFile = Readonly<{
  name: string;
  path: string | null;
  mode: number;
  from: string | null;
  secretText: string | null;
}>;

/** null: all are there; else what went wrong, without any of their content. */
export function giveFiles(given: readonly GivenFile[]): string | null {
  for (const { name, path, mode, from, secretText } of given) {
    if (path === null) continue;
    try {
      const bytes = from === null ? (secretText ?? '') : readFileSync(from);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeWhole(path, bytes, mode);
    } catch (error) {
      const why = (error as NodeJS.ErrnoException).code ?? 'unknown';
      return `${name} cannot be written to ${path}: ${why}`;
    }
  }
  return null;
}

function writeWhole(path: string, bytes: string | Buffer, mode: number): void {
  const draft = `${path}.${process.pid}.new`;
  try {
    // Never readable by others, not even for a moment.
    writeFileSync(draft, bytes, { mode: 0o600 });
    chmodSync(draft, mode);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
