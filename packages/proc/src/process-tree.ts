/**
 * Which processes there are, and which belong together: by parent, by group, by run token.
 *
 * A child that calls `setsid` or is orphaned keeps its run token; one that erases its environment
 * keeps its parent or its group. Only one that does all three escapes.
 */
import { readdirSync } from 'node:fs';
import { readRunToken } from './process-command.ts';
import { readSmallText } from './small-file.ts';
import { isLive, readProcessStat, type ProcessStat } from './process-stat.ts';

export function listPids(): number[] {
  const pids: number[] = [];
  for (const name of readdirSync('/proc')) {
    const code = name.charCodeAt(0);
    if (code >= 48 && code <= 57) pids.push(Number(name));
  }
  return pids;
}

/** Every process that lives (zombies left out), by pid. */
export function listProcesses(): Map<number, ProcessStat> {
  return splitProcesses().live;
}

/** Those that live, by pid, and the dead that their parents have not collected yet. */
export function splitProcesses(): Readonly<{
  live: Map<number, ProcessStat>;
  zombies: readonly ProcessStat[];
}> {
  const live = new Map<number, ProcessStat>();
  const zombies: ProcessStat[] = [];
  for (const pid of listPids()) {
    const stat = readProcessStat(pid);
    if (stat?.state === 'Z') zombies.push(stat);
    else if (isLive(stat)) live.set(pid, stat);
  }
  return { live, zombies };
}

/** `roots` that live and all their descendants by parent. */
export function withDescendants(
  roots: Iterable<number>,
  processes: ReadonlyMap<number, ProcessStat>,
): Set<number> {
  const children = new Map<number, number[]>();
  for (const stat of processes.values()) {
    const siblings = children.get(stat.ppid);
    if (siblings === undefined) children.set(stat.ppid, [stat.pid]);
    else siblings.push(stat.pid);
  }
  const found = new Set<number>();
  const open = [...roots].filter((pid) => processes.has(pid));
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    if (found.has(pid)) continue;
    found.add(pid);
    open.push(...(children.get(pid) ?? []));
  }
  return found;
}

/** The process and its descendants, by parent. Empty when it is gone. */
export function processTree(pid: number): Set<number> {
  return withDescendants([pid], listProcesses());
}

/** Children of the main thread, from /proc/PID/task/PID/children; empty where unreadable. */
export function readChildren(pid: number): number[] {
  const text = readSmallText(`/proc/${pid}/task/${pid}/children`)?.trim() ?? '';
  return text === '' ? [] : text.split(' ').map(Number);
}

/** pid and run token of every process of this user that carries one. */
export function listRunTokens(
  processes: ReadonlyMap<number, ProcessStat> = listProcesses(),
): Map<number, string> {
  const tokens = new Map<number, string>();
  for (const pid of processes.keys()) {
    const token = readRunToken(pid);
    if (token !== null) tokens.set(pid, token);
  }
  return tokens;
}

/** All that belongs to a run: carries its token, is in its group or session, or descends. */
export function processesOfRun(token: string, groups: readonly number[] = []): Set<number> {
  const processes = listProcesses();
  const roots: number[] = [];
  for (const stat of processes.values()) {
    if (groups.includes(stat.pgrp) || groups.includes(stat.session)) roots.push(stat.pid);
    else if (readRunToken(stat.pid) === token) roots.push(stat.pid);
  }
  return withDescendants(roots, processes);
}
