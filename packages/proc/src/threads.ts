/** The threads of a process: what each has used, and what it waits in. */
import { readdirSync } from 'node:fs';
import { parseProcessStat } from './process-stat.ts';
import { readSmallText } from './small-file.ts';

const defaultLimit = 512;

/** CPU ticks by thread id, at most `limit`; null: gone, or not ours to read. */
export function readThreadTicks(pid: number, limit = defaultLimit): Map<number, number> | null {
  let names: readonly string[];
  try {
    names = readdirSync(`/proc/${pid}/task`);
  } catch {
    return null;
  }
  const ticks = new Map<number, number>();
  for (const name of names.slice(0, limit)) {
    const text = readSmallText(`/proc/${pid}/task/${name}/stat`);
    const stat = text === null ? null : parseProcessStat(text);
    if (stat !== null) ticks.set(Number(name), stat.userTicks + stat.systemTicks);
  }
  return ticks;
}

/** Kernel function that a thread waits in; null: it runs, or the kernel does not tell. */
export function waitChannel(pid: number, tid: number | string = pid): string | null {
  const name = readSmallText(`/proc/${pid}/task/${tid}/wchan`)?.trim() ?? '';
  return name === '' || name === '0' ? null : name;
}
