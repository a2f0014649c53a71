/**
 * Reads what runs on this machine, for a stack that somebody else keeps. Of an environment only the
 * marks of managers and the ports of local addresses are taken; no value leaves this file.
 */
import { readdirSync } from 'node:fs';
import {
  markNames,
  type RunningFacts,
  type RunningProcess,
} from '@fettle/core/found/running-facts';
import { readDescriptors } from './descriptors.ts';
import { readArguments, readWorkingDir, runningForMs } from './process-command.ts';
import { ticksPerSecond, type ProcessStat } from './process-stat.ts';
import { listProcesses } from './process-tree.ts';
import { readSmallFile, readSmallText } from './small-file.ts';
import { addressText, readTcpTable, type TcpSocket } from './tcp-table.ts';

const kernelThreads = 2;

export function readRunningFacts(): RunningFacts {
  const stats = [...listProcesses().values()].filter(
    ({ pid, ppid }) => pid !== kernelThreads && ppid !== kernelThreads,
  );
  const processes = withPm2Names(stats.map(factsOf));
  const owners = socketOwners(stats.map(({ pid }) => pid));
  const listening: RunningFacts['listening'][number][] = [];
  const connections: RunningFacts['connections'][number][] = [];
  for (const socket of readTcpTable() ?? []) {
    const pid = owners.get(socket.inode) ?? null;
    if (socket.state === 'listen') listening.push(listenerOf(socket, pid));
    else if (pid !== null && socket.state !== 'other')
      connections.push({
        pid,
        state: socket.state,
        localPort: socket.localPort,
        remoteAddress: addressText(socket.remote),
        remotePort: socket.remotePort,
      });
  }
  return { processes, listening, connections };
}

const listenerOf = (socket: TcpSocket, pid: number | null) => ({
  pid,
  address: addressText(socket.local),
  port: socket.localPort,
  unaccepted: socket.unread,
});

/** The lowest pid that holds a socket: of several that share it, the one that opened it. */
function socketOwners(pids: readonly number[]): ReadonlyMap<number, number> {
  const owners = new Map<number, number>();
  for (const pid of pids.toSorted((one, other) => one - other))
    for (const inode of readDescriptors(pid)?.sockets ?? [])
      if (!owners.has(inode)) owners.set(inode, pid);
  return owners;
}

function factsOf(stat: ProcessStat): RunningProcess {
  const { pid } = stat;
  const environment = readEnvironment(pid);
  const marks: Record<string, string> = {};
  for (const name of markNames) {
    const value = environment.get(name);
    if (value !== undefined) marks[name] = value;
  }
  return {
    pid,
    ppid: stat.ppid,
    name: stat.name,
    state: stat.state,
    args: wordsOf(readArguments(pid)),
    cwd: readWorkingDir(pid),
    uid: readUid(pid),
    terminal: readTerminal(pid),
    cgroup: readControlGroup(pid),
    ageMs: runningForMs(pid),
    cpuMs: ((stat.userTicks + stat.systemTicks) * 1_000) / ticksPerSecond,
    rssBytes: stat.rssBytes,
    marks,
    wants: wantsOf(environment),
    ours: environment.has('FETTLE_RUN'),
  };
}

/** A program that renamed itself (PM2's do) shows one long word, and has no environment left. */
function wordsOf(args: readonly string[] | null): readonly string[] | null {
  const [only, ...more] = args ?? [];
  if (only === undefined || more.some((word) => word !== '') || !only.includes(' ')) return args;
  return only.trim().split(/\s+/);
}

/** PM2 keeps `pids/NAME-ID.pid` in its home, which its daemon's title names. */
function withPm2Names(processes: readonly RunningProcess[]): readonly RunningProcess[] {
  const names = new Map<number, Readonly<Record<string, string>>>();
  for (const { args } of processes) {
    const home = /God Daemon \((.+)\)/.exec(args?.join(' ') ?? '')?.[1];
    if (home === undefined) continue;
    for (const file of listFolder(`${home}/pids`)) {
      const [, name = '', id = ''] = /^(.+)-(\d+)\.pid$/.exec(file) ?? [];
      const pid = Number(readSmallText(`${home}/pids/${file}`) ?? Number.NaN);
      if (name !== '' && pid > 0) names.set(pid, { name, pm_id: id });
    }
  }
  return processes.map((one) => {
    const marks = names.get(one.pid);
    return marks === undefined ? one : { ...one, marks };
  });
}

function listFolder(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Names and values; empty when it is not ours to read. */
function readEnvironment(pid: number): ReadonlyMap<string, string> {
  const text = readSmallFile(`/proc/${pid}/environ`)?.toString('utf8') ?? '';
  const pairs = text.split('\0').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    return at === -1 ? ['', ''] : [pair.slice(0, at), pair.slice(at + 1)];
  });
  return new Map(pairs.filter(([name]) => name !== ''));
}

/** Ports on this machine that an address in the environment names: `postgres://u:p@localhost:5432`. */
function wantsOf(environment: ReadonlyMap<string, string>): RunningProcess['wants'] {
  const wants: { variable: string; port: number }[] = [];
  for (const [variable, value] of environment) {
    if (!/(?:_UR[LI]|_DSN|_ADDR(?:ESS)?|_ENDPOINT)$/.test(variable) || /proxy/i.test(variable))
      continue;
    const host =
      /^(?:[a-z][a-z0-9+.-]*:\/\/(?:[^@/\s]*@)?)?(?:localhost|127\.0\.0\.1|\[::1\]):(\d{1,5})(?:[/?]|$)/i;
    const port = Number(host.exec(value)?.[1] ?? Number.NaN);
    if (port >= 1 && port <= 65_535) wants.push({ variable, port });
  }
  return wants;
}

function readUid(pid: number): number | null {
  const found = /^Uid:\s+(\d+)/m.exec(readSmallText(`/proc/${pid}/status`) ?? '')?.[1];
  return found === undefined ? null : Number(found);
}

/** Field 7 of stat, counted behind the name, which may hold anything. */
function readTerminal(pid: number): boolean {
  const text = readSmallText(`/proc/${pid}/stat`) ?? '';
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[4] ?? 0) !== 0;
}

function readControlGroup(pid: number): string | null {
  const lines = (readSmallText(`/proc/${pid}/cgroup`) ?? '').split('\n');
  const line =
    lines.find((one) => one.startsWith('0::') && one !== '0::/') ??
    lines.find((one) => one.includes(':name=systemd:'));
  return line?.split(':').slice(2).join(':') ?? null;
}
