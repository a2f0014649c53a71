/** Reads what a shim wrote: the pid of its service, and how that ended. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import type { RunExit } from '@fettle/core/supervise/run';

/** null: not there yet, or not complete. */
export function readExitRecord(path: string): RunExit | null {
  const status = readRecord(path);
  if (status === null) return null;
  const exit = exitOfStatus(status, recordedAtMs(path));
  // Written before the record by the shim, where the kernel told it.
  return existsSync(oomFileOf(path)) ? { ...exit, outOfMemory: true } : exit;
}

/** Where the shim notes that the kernel killed for want of memory; `exit`: the record's path. */
export function oomFileOf(exit: string): string {
  return exit.replace(/\.exit$/, '.oom');
}

/** null: the program has not been started yet. */
export function readPidRecord(path: string): number | null {
  return readRecord(path);
}

/** A shell's `$?`: above 128 it may be a signal, or the program's own code. */
export function exitOfStatus(status: number, atMs: number): RunExit {
  const posixSignal = status > 128 ? signalName(status - 128) : null;
  const kind = posixSignal === null ? 'code' : 'signal';
  return { kind, code: status, posixSignal, endedBy: null, atMs };
}

export function unknownExit(atMs: number): RunExit {
  return { kind: 'unknown', code: null, posixSignal: null, endedBy: null, atMs };
}

function signalName(number: number): string | null {
  // Two names share a number here and there; the first is the usual one.
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? null;
}

function readRecord(path: string): number | null {
  try {
    const text = readFileSync(path, 'latin1');
    return /^\d+\n$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}

function recordedAtMs(path: string): number {
  try {
    return Math.round(statSync(path).mtimeMs);
  } catch {
    return Date.now();
  }
}
