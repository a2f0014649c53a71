/**
 * Will this stack fit on this machine? Warnings before the first start: memory, disk, inodes, file
 * handles, processes, ports. It warns and never refuses: the facts are a moment old, and a service
 * may need less than it was allowed.
 */
import type { Service, Stack } from './service.ts';

/** Facts as `packages/proc` reads them; null: not readable here. */
export type HostFacts = Readonly<{
  /** Usable without swapping, within the container's limit where there is one. */
  memoryAvailableBytes: number | null;
  /** Of the file system that holds the state folder. */
  disk: Readonly<{
    freeBytes: number;
    totalBytes: number;
    /** 0 of 0: the file system has no fixed number. */
    freeInodes: number;
    totalInodes: number;
  }> | null;
  /** Soft and hard limit of a process of ours; null: unlimited or not readable. */
  openFilesSoft: number | null;
  openFilesHard: number | null;
  /** Processes this user may have, and the machine's number now. */
  processesSoft: number | null;
  processesRunning: number;
  /** Wanted ports that somebody holds. */
  takenPorts: readonly Readonly<{ port: number; pid: number | null; command: string | null }>[];
}>;

export type PreflightWarning = Readonly<{
  code: 'W-MEMORY' | 'W-DISK' | 'W-INODES' | 'W-HANDLES' | 'W-PROCESSES' | 'W-PORT';
  /** One sentence. */
  text: string;
  hint: string;
}>;

const mebibyte = 1_048_576;
/** What a service without a limit is reckoned to need: a small Node or Python process. */
const usualMemoryBytes = 48 * mebibyte;
const minFreeBytes = 512 * mebibyte;
const minFreeRatio = 0.05;
/** Two spools, sockets and files of a run in our own process, and our own files. */
const handlesPerInstance = 4;
const ownHandles = 64;
/** Shim, service and a child or two. */
const processesPerInstance = 4;

/** Ports that `host.ts` is to look at: every preferred one, at most 1,000. */
export function preflightPorts(stack: Stack): readonly number[] {
  const ports = new Set<number>();
  for (const { port, external } of stack.services) {
    if (external || port === null) continue;
    for (const { from, to } of port.preferred)
      for (let one = from; one <= to && ports.size < 1_000; one += 1) ports.add(one);
  }
  return [...ports];
}

export function judgePreflight(stack: Stack, facts: HostFacts): readonly PreflightWarning[] {
  const run = stack.services.filter(({ external }) => !external);
  return [
    ...judgeMemory(run, facts),
    ...judgeDisk(facts),
    ...judgeHandles(run, facts),
    ...judgeProcesses(run, facts),
    ...run.flatMap((service) => judgePorts(service, facts)),
  ];
}

function instancesOf(services: readonly Service[]): number {
  return services.reduce((sum, { replicas }) => sum + replicas, 0);
}

function judgeMemory(services: readonly Service[], facts: HostFacts): readonly PreflightWarning[] {
  const availableBytes = facts.memoryAvailableBytes;
  if (availableBytes === null) return [];
  const wantedBytes = services.reduce(
    (sum, { limits, replicas }) => sum + replicas * (limits.memoryBytes ?? usualMemoryBytes),
    0,
  );
  if (wantedBytes <= availableBytes) return [];
  const text = `the stack may use ${size(wantedBytes)} of memory, ${size(availableBytes)} is available`;
  return [{ code: 'W-MEMORY', text, hint: 'Lower memory limits or replicas, or free memory.' }];
}

function judgeDisk({ disk }: HostFacts): readonly PreflightWarning[] {
  if (disk === null) return [];
  const warnings: PreflightWarning[] = [];
  const small = disk.freeBytes < Math.max(minFreeBytes, disk.totalBytes * minFreeRatio);
  if (small && disk.freeBytes < 20 * minFreeBytes) {
    const text = `${size(disk.freeBytes)} of ${size(disk.totalBytes)} is free on the disk of .fettle`;
    warnings.push({ code: 'W-DISK', text, hint: 'Free some: logs and the journal live there.' });
  }
  if (disk.totalInodes > 0 && disk.freeInodes < disk.totalInodes * minFreeRatio) {
    const text = `${disk.freeInodes} of ${disk.totalInodes} inodes are free on the disk of .fettle`;
    warnings.push({ code: 'W-INODES', text, hint: 'Remove small files, caches first.' });
  }
  return warnings;
}

function judgeHandles(services: readonly Service[], facts: HostFacts): readonly PreflightWarning[] {
  const warnings: PreflightWarning[] = [];
  const hint = 'Raise it (ulimit -n, or LimitNOFILE in a systemd unit).';
  const neededOpen = ownHandles + handlesPerInstance * instancesOf(services);
  if (facts.openFilesSoft !== null && facts.openFilesSoft < neededOpen) {
    const text = `a process may open ${facts.openFilesSoft} files, the daemon needs about ${neededOpen}`;
    warnings.push({ code: 'W-HANDLES', text, hint });
  }
  for (const { name, limits } of services) {
    if (limits.openFiles === null || facts.openFilesHard === null) continue;
    if (limits.openFiles <= facts.openFilesHard) continue;
    const text = `${name} asks for ${limits.openFiles} open files, the machine allows ${facts.openFilesHard}`;
    warnings.push({ code: 'W-HANDLES', text, hint });
  }
  return warnings;
}

function judgeProcesses(
  services: readonly Service[],
  facts: HostFacts,
): readonly PreflightWarning[] {
  if (facts.processesSoft === null) return [];
  const needed = processesPerInstance * instancesOf(services);
  const room = facts.processesSoft - facts.processesRunning;
  if (room >= needed) return [];
  const text = `room for ${Math.max(0, room)} more processes, the stack needs about ${needed}`;
  return [{ code: 'W-PROCESSES', text, hint: 'Raise ulimit -u, or end what is not needed.' }];
}

function judgePorts(service: Service, facts: HostFacts): readonly PreflightWarning[] {
  const { port, name, replicas } = service;
  if (port === null || port.preferred.length === 0) return [];
  let wanted = 0;
  const held: HostFacts['takenPorts'][number][] = [];
  for (const { from, to } of port.preferred) {
    wanted += to - from + 1;
    held.push(...facts.takenPorts.filter((one) => one.port >= from && one.port <= to));
  }
  if (wanted - held.length >= Math.min(replicas, wanted)) return [];
  const [first] = held;
  if (first === undefined) return [];
  const owner = first.pid === null ? 'somebody' : `pid ${first.pid} (${first.command ?? '?'})`;
  const then = port.fallback ? `${name} will listen elsewhere` : `${name} will wait for it`;
  const text = `port ${first.port} is taken by ${owner}; ${then}`;
  return [{ code: 'W-PORT', text, hint: `Stop it, or give services.${name}.port another port.` }];
}

function size(bytes: number): string {
  if (bytes >= 1_024 * mebibyte) return `${(bytes / (1_024 * mebibyte)).toFixed(1)} GiB`;
  return `${Math.round(bytes / mebibyte)} MiB`;
}
