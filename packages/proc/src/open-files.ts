/** The files that a process holds open: how many, and which sockets. */
import { readdirSync, readlinkSync } from 'node:fs';

/** null: gone, or not ours to read. */
export function countOpenFiles(pid: number): number | null {
  return readDir(pid)?.length ?? null;
}

/** What each descriptor points at, at most `limit`; null: gone, or not ours to read. */
export function listOpenFiles(
  pid: number,
  limit = 256,
): readonly Readonly<{ fd: number; target: string }>[] | null {
  const names = readDir(pid);
  if (names === null) return null;
  const files: { fd: number; target: string }[] = [];
  for (const name of names.slice(0, limit)) {
    const target = readFd(pid, name);
    if (target !== null) files.push({ fd: Number(name), target });
  }
  return files;
}

/** Descriptor by socket inode; null: gone, or not ours to read. */
export function listSocketInodes(pid: number): Map<number, number> | null {
  const names = readDir(pid);
  if (names === null) return null;
  const inodes = new Map<number, number>();
  for (const name of names) {
    const inode = socketInode(readFd(pid, name));
    if (inode !== null) inodes.set(inode, Number(name));
  }
  return inodes;
}

/** Does descriptor `fd` of `pid` still point at this socket? */
export function holdsSocket(pid: number, fd: number, inode: number): boolean {
  return socketInode(readFd(pid, `${fd}`)) === inode;
}

function socketInode(target: string | null): number | null {
  if (target === null || !target.startsWith('socket:[')) return null;
  return Number(target.slice(8, -1));
}

function readFd(pid: number, name: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/fd/${name}`);
  } catch {
    return null;
  }
}

function readDir(pid: number): string[] | null {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch {
    return null;
  }
}
