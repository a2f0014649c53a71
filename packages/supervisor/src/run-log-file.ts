/**
 * The run log on disk: appended line by line, read whole at start.
 *
 * When the disk is full or turns read-only, supervision goes on and says that an adoption after a
 * crash would not be safe; each later append tries again, so that the flag heals by itself.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { RunLogEntry } from '@fettle/core/supervise/run-log';
import { writeAtomically } from './atomic-file.ts';
import { log } from './own-log.ts';

export type RunLogFile = Readonly<{
  append(entry: RunLogEntry): void;
  durable(): boolean;
  close(): void;
}>;

/** Entries that could not be written wait here; beyond the bound the oldest are forgotten. */
const maxHeld = 10_000;

export function openRunLog(path: string): RunLogFile {
  let fd: number | null = null;
  let held: string[] = [];
  let lost = false;
  const tryWrite = (text: string): boolean => {
    try {
      const fresh = fd === null;
      fd ??= openSync(path, 'a', 0o600);
      // Whoever wrote before may have died within a line: the damage stays with that line.
      writeWhole(fd, fresh ? `\n${text}` : text);
      return true;
    } catch (cause) {
      if (held.length === 0) log('error', 'run log cannot be written', { cause });
      if (fd !== null) closeSync(fd);
      fd = null;
      return false;
    }
  };
  return {
    append(entry) {
      const line = `${JSON.stringify(entry)}\n`;
      const text = held.length === 0 ? line : `${held.join('')}${line}`;
      if (tryWrite(text)) {
        if (held.length > 0) log('info', 'run log is written again', { lines: held.length });
        held = [];
        return;
      }
      held.push(line);
      if (held.length <= maxHeld) return;
      held.shift();
      lost = true;
    },
    durable: () => held.length === 0 && !lost,
    close() {
      if (fd !== null) closeSync(fd);
      fd = null;
    },
  };
}

/** Every whole line; what a crash or a full disk tore is left out. Empty when there is no log. */
export function readRunLog(path: string): RunLogEntry[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  const entries: RunLogEntry[] = [];
  for (const line of text.split('\n')) {
    const entry = parseLine(line);
    if (entry !== null) entries.push(entry);
  }
  return entries;
}

/** Puts `entries` in place of the log. A disk that refuses leaves the old log as it was. */
export function rewriteRunLog(path: string, entries: readonly RunLogEntry[]): void {
  const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  try {
    writeAtomically(path, text);
  } catch (cause) {
    log('warn', 'run log could not be compacted', { cause });
  }
}

function parseLine(line: string): RunLogEntry | null {
  if (line === '') return null;
  try {
    const value: unknown = JSON.parse(line);
    const isEntry = typeof value === 'object' && value !== null && 'kind' in value;
    return isEntry ? (value as RunLogEntry) : null;
  } catch {
    return null;
  }
}

function writeWhole(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) written += writeSync(fd, bytes, written);
}
