/** Writes a file so that a reader sees the old text or the new one, never half of either. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';

export function writeAtomically(path: string, text: string, mode = 0o600): void {
  const draft = `${path}.${process.pid}.new`;
  try {
    writeFileSync(draft, text, { mode });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
