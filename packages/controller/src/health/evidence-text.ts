/**
 * What can be read of processes that hang without touching them: states, wait channels, kernel
 * stacks, threads, descriptors, sockets. Each section is bounded; what is not readable says so.
 */
import { readdirSync } from 'node:fs';
import { conceal } from '../conceal.ts';
import { listOpenFiles } from '@fettle/proc/open-files';
import { readCommand } from '@fettle/proc/process-command';
import { readProcessStat } from '@fettle/proc/process-stat';
import { readSmallText } from '@fettle/proc/small-file';
import { waitChannel } from '@fettle/proc/threads';

const maxThreads = 64;
const maxDescriptors = 200;

/** One process as text, at most some tens of kB. */
export function describeProcess(pid: number, cores: number | null): string {
  const stat = readProcessStat(pid);
  if (stat === null) return `== pid ${pid}: gone\n`;
  const used = cores === null ? 'not measured' : `${cores.toFixed(2)} cores`;
  return [
    `== pid ${pid} (${stat.name}): state ${stat.state}, ${stat.threads} threads, CPU ${used}`,
    `command: ${conceal(readCommand(pid, 400) ?? 'not readable')}`,
    `memory: ${stat.rssBytes} bytes resident; CPU ticks ${stat.userTicks} user, ${stat.systemTicks} system`,
    `status: ${statusLines(pid)}`,
    '-- threads (tid, name, state, waits in, system call)',
    ...describeThreads(pid),
    '-- kernel stack',
    readSmallText(`/proc/${pid}/stack`)?.trim() ?? 'not readable',
    '-- open files',
    ...describeFiles(pid),
    '',
  ].join('\n');
}

const statusKeys =
  /^(SigPnd|ShdPnd|SigBlk|SigIgn|SigCgt|voluntary_ctxt_switches|nonvoluntary_ctxt_switches|TracerPid)/;

function statusLines(pid: number): string {
  const text = readSmallText(`/proc/${pid}/status`) ?? '';
  const lines = text.split('\n').filter((line) => statusKeys.test(line));
  return lines.map((line) => line.replace(/\s+/, ' ')).join('; ') || 'not readable';
}

function describeThreads(pid: number): readonly string[] {
  const tids = listThreads(pid);
  const lines = tids.slice(0, maxThreads).map((tid) => {
    const base = `/proc/${pid}/task/${tid}`;
    const state = /\) (\S)/.exec(readSmallText(`${base}/stat`) ?? '')?.[1] ?? '?';
    const name = readSmallText(`${base}/comm`)?.trim() ?? '?';
    const call = readSmallText(`${base}/syscall`)?.trim() ?? 'not readable';
    return `${tid} ${name} ${state} ${waitChannel(pid, tid) ?? '-'} ${call}`;
  });
  if (tids.length > maxThreads) lines.push(`… and ${tids.length - maxThreads} more`);
  return lines;
}

function listThreads(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function describeFiles(pid: number): readonly string[] {
  const files = listOpenFiles(pid, maxDescriptors);
  if (files === null) return ['not readable'];
  return files.map(({ fd, target }) => `${fd} ${target}${socketText(target)}`);
}

function socketText(target: string): string {
  const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
  const found = inode === undefined ? undefined : socketTable().get(inode);
  return found === undefined ? '' : ` ${found}`;
}

const tcpStates: Readonly<Record<string, string>> = {
  '01': 'ESTABLISHED',
  '02': 'SYN_SENT',
  '08': 'CLOSE_WAIT',
  '0A': 'LISTEN',
};
/** Connections read at most: a crowded machine must not hold the kill up. */
const maxSockets = 4_000;
let sockets: Readonly<{ atMs: number; byInode: ReadonlyMap<string, string> }> | null = null;

/** `LISTEN local=0100007F:1F90 waiting=5`: a listener's queue of unaccepted connections tells. */
function socketTable(): ReadonlyMap<string, string> {
  const nowMs = performance.now();
  if (sockets !== null && nowMs - sockets.atMs < 1_000) return sockets.byInode;
  const byInode = new Map<string, string>();
  for (const path of ['/proc/net/tcp', '/proc/net/tcp6'])
    for (const line of (readSmallText(path) ?? '').split('\n', maxSockets)) {
      const [, local = '', remote = '', state = '', queues = '', , , , , inode] = line
        .trim()
        .split(/\s+/);
      if (inode === undefined || !/^\d+$/.test(inode)) continue;
      const waiting = Number.parseInt(queues.split(':')[1] ?? '0', 16);
      const name = tcpStates[state] ?? state;
      byInode.set(inode, `${name} local=${local} remote=${remote} unread=${waiting}`);
    }
  sockets = { atMs: nowMs, byInode };
  return byInode;
}
