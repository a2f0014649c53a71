/**
 * What the machine has to offer before a stack starts: memory, disk, handles, processes, ports.
 * Plain facts; what they mean is decided in core (`stack/preflight.ts`).
 */
import { readdirSync, statfsSync } from 'node:fs';
import { ownerOfInode } from './inode-owner.ts';
import { listListeners } from './listeners.ts';
import { readMemoryInfo, readProcessLimits } from './machine.ts';
import { readCommand } from './process-command.ts';
import { readSmallText } from './small-file.ts';

export type HostReading = Readonly<{
  memoryAvailableBytes: number | null;
  disk: Readonly<{
    freeBytes: number;
    totalBytes: number;
    freeInodes: number;
    totalInodes: number;
  }> | null;
  openFilesSoft: number | null;
  openFilesHard: number | null;
  processesSoft: number | null;
  processesRunning: number;
  takenPorts: readonly Readonly<{ port: number; pid: number | null; command: string | null }>[];
}>;

/** `dir` lies on the disk in question; `ports` are looked up among the listeners. */
export function readHost(dir: string, ports: readonly number[]): HostReading {
  const limits = readProcessLimits();
  return {
    memoryAvailableBytes: availableMemoryBytes(),
    disk: readDisk(dir),
    openFilesSoft: limits?.openFiles.soft ?? null,
    openFilesHard: limits?.openFiles.hard ?? null,
    processesSoft: limits?.processes.soft ?? null,
    processesRunning: countProcesses(),
    takenPorts: readTakenPorts(ports),
  };
}

/** The machine's or, where it is smaller, what the control group leaves. */
export function availableMemoryBytes(): number | null {
  const machine = readMemoryInfo()?.availableBytes ?? null;
  const limit = Number(readSmallText('/sys/fs/cgroup/memory.max') ?? Number.NaN);
  const used = Number(readSmallText('/sys/fs/cgroup/memory.current') ?? Number.NaN);
  if (machine === null || Number.isNaN(limit) || Number.isNaN(used)) return machine;
  return Math.min(machine, Math.max(0, limit - used));
}

function readDisk(dir: string): HostReading['disk'] {
  try {
    const { bavail, blocks, bsize, ffree, files } = statfsSync(dir);
    return {
      freeBytes: bavail * bsize,
      totalBytes: blocks * bsize,
      freeInodes: ffree,
      totalInodes: files,
    };
  } catch {
    return null;
  }
}

function countProcesses(): number {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length;
}

function readTakenPorts(ports: readonly number[]): HostReading['takenPorts'] {
  const wanted = new Set(ports);
  const taken = new Map<number, HostReading['takenPorts'][number]>();
  for (const { port, inode } of listListeners(0) ?? []) {
    if (!wanted.has(port) || taken.has(port)) continue;
    const pid = ownerOfInode(inode);
    taken.set(port, { port, pid, command: pid === null ? null : readCommand(pid) });
  }
  return [...taken.values()];
}
