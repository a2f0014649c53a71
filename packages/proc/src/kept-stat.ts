/**
 * Reads /proc/PID/stat of the same processes again and again through descriptors that stay open:
 * 500 processes in about 4 ms. A descriptor belongs to its process, so a reused pid reads as gone.
 */
import { closeSync, openSync } from 'node:fs';
import { isLive, parseProcessStat, type ProcessStat } from './process-stat.ts';
import { readKeptFile } from './small-file.ts';

export type KeptStats = Readonly<{
  /** null: gone, or a zombie. */
  read(pid: number): ProcessStat | null;
  /** Closes what is not among `pids`. */
  keepOnly(pids: ReadonlySet<number>): void;
  close(): void;
}>;

/** Bound on open descriptors; processes beyond it are opened and closed each time. */
const maxOpen = 2_000;

export function keepStats(): KeptStats {
  const open = new Map<number, number>();
  const drop = (pid: number): void => {
    const fd = open.get(pid);
    open.delete(pid);
    if (fd !== undefined) closeSync(fd);
  };
  return {
    read(pid) {
      const fd = open.get(pid) ?? openStat(pid);
      if (fd === null) return null;
      open.set(pid, fd);
      const bytes = readKeptFile(fd);
      const stat = bytes === null ? null : parseProcessStat(bytes.toString('latin1'));
      if (!isLive(stat) || open.size > maxOpen) drop(pid);
      return isLive(stat) ? stat : null;
    },
    keepOnly(pids) {
      for (const pid of open.keys()) if (!pids.has(pid)) drop(pid);
    },
    close() {
      for (const pid of open.keys()) drop(pid);
    },
  };
}

function openStat(pid: number): number | null {
  try {
    return openSync(`/proc/${pid}/stat`, 'r');
  } catch {
    return null;
  }
}
