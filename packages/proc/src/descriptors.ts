/**
 * One walk over a process's descriptors for two questions: which sockets it holds, and how much
 * room its deleted files still take. Each `readlink` costs, so nobody should walk twice.
 */
import { readdirSync, readlinkSync, statSync } from 'node:fs';

export type Descriptors = Readonly<{
  /** Inodes. */
  sockets: readonly number[];
  /** Allocated bytes of files that were deleted and are still open, by device and inode. */
  deleted: ReadonlyMap<string, number>;
}>;

const defaultLimit = 20_000;
const memory = /^\/(?:memfd:|dev\/|SYSV|anon_hugepage)/;

/** null: gone, or not ours to read. */
export function readDescriptors(pid: number, limit = defaultLimit): Descriptors | null {
  const folder = `/proc/${pid}/fd`;
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return null;
  }
  const sockets: number[] = [];
  const deleted = new Map<string, number>();
  for (const name of names.slice(0, limit)) {
    const target = readLink(`${folder}/${name}`);
    if (target.startsWith('socket:[')) sockets.push(Number(target.slice(8, -1)));
    else if (target.endsWith(' (deleted)') && !memory.test(target)) {
      const facts = statSync(`${folder}/${name}`, { throwIfNoEntry: false });
      if (facts?.isFile() === true && facts.nlink === 0)
        deleted.set(`${facts.dev}:${facts.ino}`, facts.blocks * 512);
    }
  }
  return { sockets, deleted };
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed between the two calls.
    return '';
  }
}
