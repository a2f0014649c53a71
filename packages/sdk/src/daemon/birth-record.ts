/**
 * Where the pids of runs are written down: `runs/<token>.pid` by a shim that was started alone, one
 * line `<token> <pid> <shim's pid>` in `runs/<name>.born` by each of many started together. To make a
 * file costs a file system more than all else about a birth; to append a line is nothing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Birth = Readonly<{ token: string; pid: number; shimPid: number }>;

const ending = '.born';
const line = /^([\w-]+) (\d+) (\d+)$/;

/** Whole lines only: a shim may be about to write. */
export function readBirths(file: string): Birth[] {
  const births: Birth[] = [];
  const lines = textOf(file).split('\n');
  lines.pop();
  for (const one of lines) {
    const [, token, pid, shimPid] = line.exec(one) ?? [];
    if (token !== undefined) births.push({ token, pid: Number(pid), shimPid: Number(shimPid) });
  }
  return births;
}

export function birthFiles(runsDir: string): string[] {
  const names = namesIn(runsDir).filter((name) => name.endsWith(ending));
  return names.map((name) => join(runsDir, name));
}

/** Pids of all runs that are on record, ended ones included. */
export function recordedPids(runsDir: string): number[] {
  const files = namesIn(runsDir).filter((name) => name.endsWith('.pid'));
  const alone = files.map((name) => Number(textOf(join(runsDir, name))));
  const together = birthFiles(runsDir).flatMap(readBirths);
  return [...alone, ...together.map(({ pid }) => pid)].filter((pid) => pid > 1);
}

/** null: it never began, or its record was tidied away. */
export function recordedPid(runsDir: string, token: string): number | null {
  const pid = /^(\d+)\n$/.exec(textOf(join(runsDir, `${token}.pid`)))?.[1];
  if (pid !== undefined) return Number(pid);
  for (const file of birthFiles(runsDir))
    for (const birth of readBirths(file)) if (birth.token === token) return birth.pid;
  return null;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
