/** What a process was started with: arguments, working folder, environment. */
import { readlinkSync } from 'node:fs';
import { readProcessStat, ticksPerSecond } from './process-stat.ts';
import { readSmallFile, readSmallText } from './small-file.ts';

/** argv; null when the process is gone or not ours to read, empty for a zombie. */
export function readArguments(pid: number): readonly string[] | null {
  const text = readSmallText(`/proc/${pid}/cmdline`);
  if (text === null) return null;
  const parts = text.split('\0');
  if (parts.at(-1) === '') parts.pop();
  return parts;
}

/** The command line for people, cut at `maxLength` characters; null when unreadable. */
export function readCommand(pid: number, maxLength = 120): string | null {
  const parts = readArguments(pid);
  const joined = parts?.join(' ').replaceAll(/\s+/g, ' ').trim() ?? '';
  const text = joined === '' ? (readProcessStat(pid)?.name ?? null) : joined;
  if (text === null || text.length <= maxLength) return text;
  return `${text.slice(0, maxLength - 1)}…`;
}

/** Absolute; null when unreadable. */
export function readWorkingDir(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

/** One variable of the environment at `exec`; null when it is absent or not ours to read. */
export function readVariable(pid: number, name: string): string | null {
  const bytes = readSmallFile(`/proc/${pid}/environ`);
  if (bytes === null) return null;
  const start = variableStart(bytes, name);
  if (start < 0) return null;
  const end = bytes.indexOf(0, start);
  return bytes.toString('utf8', start, end < 0 ? bytes.length : end);
}

/** All variables of the environment at `exec`; null when it is not ours to read. */
export function readEnvironment(pid: number): Readonly<Record<string, string>> | null {
  const text = readSmallText(`/proc/${pid}/environ`);
  if (text === null) return null;
  const pairs = text.split('\0').filter((pair) => pair.indexOf('=') > 0);
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

/** The Fettle run that the process belongs to (`FETTLE_RUN`); null: none, or unreadable. */
export function readRunToken(pid: number): string | null {
  return readVariable(pid, 'FETTLE_RUN');
}

/** How long the process has run, in milliseconds; null when it is gone. */
export function runningForMs(pid: number): number | null {
  const stat = readProcessStat(pid);
  const uptime = readSmallText('/proc/uptime');
  if (stat === null || uptime === null) return null;
  const uptimeMs = Number(uptime.split(' ')[0]) * 1_000;
  return Math.max(0, Math.round(uptimeMs - (stat.startTicks * 1_000) / ticksPerSecond));
}

function variableStart(bytes: Buffer, name: string): number {
  const wanted = `${name}=`;
  for (let from = 0; ; from += 1) {
    const at = bytes.indexOf(wanted, from);
    if (at < 0) return -1;
    if (at === 0 || bytes[at - 1] === 0) return at + wanted.length;
    from = at;
  }
}
