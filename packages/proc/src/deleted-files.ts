/**
 * Files that a process holds open: deleted ones still take their room, and those it writes to tell
 * who fills a disk. Memory files and shared memory are left out: they are on no disk.
 */
import { statSync } from 'node:fs';
import { listOpenFiles } from './open-files.ts';
import { readSmallText } from './small-file.ts';

export type HeldFile = Readonly<{
  /** As it was called when it was opened. */
  path: string;
  /** `st_dev`: which file system it is on. */
  device: number;
  /** Allocated. */
  bytes: number;
  deleted: boolean;
  /** Open for writing. */
  writable: boolean;
}>;

const mark = ' (deleted)';
const noFile = /^\/(?:memfd:|dev\/|proc\/|sys\/|SYSV|anon_hugepage)/;
const accessMode = 0o3;

/** Regular files, each once, at most `limit` descriptors looked at; null: not ours to read. */
export function listHeldFiles(pid: number, limit = 512): readonly HeldFile[] | null {
  const open = listOpenFiles(pid, limit);
  if (open === null) return null;
  const found = new Map<string, HeldFile>();
  for (const { fd, target } of open) {
    if (!target.startsWith('/') || noFile.test(target)) continue;
    const facts = statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false });
    if (facts === undefined || !facts.isFile()) continue;
    const deleted = facts.nlink === 0;
    const path = deleted && target.endsWith(mark) ? target.slice(0, -mark.length) : target;
    const key = `${facts.dev}:${facts.ino}`;
    const writable = (found.get(key)?.writable ?? false) || isWritable(pid, fd);
    found.set(key, { path, device: facts.dev, bytes: facts.blocks * 512, deleted, writable });
  }
  return [...found.values()];
}

function isWritable(pid: number, fd: number): boolean {
  const flags = /^flags:\s+(\d+)/m.exec(readSmallText(`/proc/${pid}/fdinfo/${fd}`) ?? '')?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & accessMode) !== 0;
}
