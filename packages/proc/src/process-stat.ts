/** One process as /proc/PID/stat tells it. Source: proc_pid_stat(5). */
import { readShortFile } from './small-file.ts';

/** Kernel clock ticks a second as user space sees them: 100 on every Linux port. */
export const ticksPerSecond = 100;
const pageBytes = 4_096;

export type ProcessStat = Readonly<{
  pid: number;
  /** Program name, cut at 15 bytes. */
  name: string;
  /** `R S D T t Z X I`: `T` stopped, `t` held by a debugger, `Z` dead and not yet collected. */
  state: string;
  ppid: number;
  pgrp: number;
  session: number;
  /** CPU in clock ticks since the start. */
  userTicks: number;
  systemTicks: number;
  /** -20 (served first) to 19. */
  nice: number;
  threads: number;
  /** Start, in clock ticks since boot. With the pid it names a process for good. */
  startTicks: number;
  rssBytes: number;
}>;

/** null: no such process. A zombie is returned, with state `Z`. */
export function readProcessStat(pid: number): ProcessStat | null {
  const bytes = readShortFile(`/proc/${pid}/stat`);
  return bytes === null ? null : parseProcessStat(bytes.toString('latin1'));
}

/** The name stands in parentheses and may hold any byte, `)` too: fields count from the last. */
export function parseProcessStat(text: string): ProcessStat | null {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  const fields = text.slice(close + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  if (fields.length < 22) return null;
  return {
    pid: Number(text.slice(0, open)),
    name: text.slice(open + 1, close),
    state: fields[0] ?? '?',
    ppid: field(4),
    pgrp: field(5),
    session: field(6),
    userTicks: field(14),
    systemTicks: field(15),
    nice: field(19),
    threads: field(20),
    startTicks: field(22),
    rssBytes: field(24) * pageBytes,
  };
}

/** A process that runs or could: neither gone nor a zombie. */
export function isLive(stat: ProcessStat | null): stat is ProcessStat {
  return stat !== null && stat.state !== 'Z' && stat.state !== 'X';
}

/** Is the process that was started at `startTicks` still there and no zombie? */
export function isSameLive(pid: number, startTicks: number): boolean {
  const stat = readProcessStat(pid);
  return isLive(stat) && stat.startTicks === startTicks;
}
