/** Writes `.fettle/daemon.json` so that a reader sees the old file or the new one, never a half. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { DaemonFile } from '@fettle/sdk/daemon/paths';

export function writeDaemonFile(path: string, daemon: DaemonFile): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, `${JSON.stringify(daemon, null, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw cause;
  }
}
