/**
 * Which process holds a socket. The kernel does not say; one has to look through descriptors.
 *
 * A found owner is remembered with pid, start time and descriptor, and confirmed by one `readlink`
 * when asked again. The full search (every readable process) is for owners not seen before.
 */
import { holdsSocket, listSocketInodes } from './open-files.ts';
import { isSameLive, readProcessStat } from './process-stat.ts';
import { listPids } from './process-tree.ts';

type Holder = Readonly<{ pid: number; startTicks: number; fd: number }>;

/** Bound: one entry per socket that was asked about; the oldest leaves first. */
const maxRemembered = 4_096;
const remembered = new Map<number, Holder>();

/**
 * A process that holds socket `inode`: one of `likely` when it does, else the first found.
 * null: nobody whom we may read.
 */
export function ownerOfInode(inode: number, likely: Iterable<number> = []): number | null {
  const known = remembered.get(inode);
  if (known !== undefined) {
    if (isSameLive(known.pid, known.startTicks) && holdsSocket(known.pid, known.fd, inode))
      return known.pid;
    remembered.delete(inode);
  }
  return search(inode, likely) ?? search(inode, listPids());
}

/** Does `pid` itself hold socket `inode`? null: not ours to read. */
export function processHoldsInode(pid: number, inode: number): boolean | null {
  return listSocketInodes(pid)?.has(inode) ?? null;
}

function search(inode: number, pids: Iterable<number>): number | null {
  for (const pid of pids) {
    const fd = listSocketInodes(pid)?.get(inode);
    if (fd === undefined) continue;
    remember(inode, pid, fd);
    return pid;
  }
  return null;
}

function remember(inode: number, pid: number, fd: number): void {
  const stat = readProcessStat(pid);
  if (stat === null) return;
  const [oldest] = remembered.keys();
  if (remembered.size >= maxRemembered && oldest !== undefined) remembered.delete(oldest);
  remembered.set(inode, { pid, startTicks: stat.startTicks, fd });
}
