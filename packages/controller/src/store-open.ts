/**
 * Opens the store at start: a broken file is moved aside and reported, never a reason to stop.
 *
 * Supervision does not need the journal, so the last resort is a store in memory, which health
 * reports as a warning. Only a file that a newer Fettle wrote is refused.
 */
import { renameSync, statSync } from 'node:fs';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { Store } from './store.ts';
import { memoryStore } from './stores/memory.ts';
import { sqliteStore } from './stores/sqlite.ts';

export type OpenedStore = Readonly<{
  store: Store;
  /** One sentence for the journal when the file was not usable; null when all is well. */
  trouble: string | null;
  /** Is what we write kept? */
  durable: boolean;
}>;

/** @throws FettleError E-STORE-NEWER */
export function openStore(path: string, nowMs: number): OpenedStore {
  try {
    return { store: sqliteStore(path), trouble: null, durable: true };
  } catch (cause) {
    if (cause instanceof FettleError && cause.code === 'E-STORE-NEWER') throw cause;
    if (isCorrupt(cause)) return recreate(path, nowMs, cause);
    const trouble = `the journal is kept in memory only: ${path} cannot be opened (${reason(cause)})`;
    return { store: memoryStore(), trouble, durable: false };
  }
}

function recreate(path: string, nowMs: number, cause: unknown): OpenedStore {
  const aside = `${path}.broken-${nowMs}`;
  try {
    for (const suffix of ['', '-wal', '-shm'])
      if (statSync(`${path}${suffix}`, { throwIfNoEntry: false }) !== undefined)
        renameSync(`${path}${suffix}`, `${aside}${suffix}`);
    const trouble = `the database was broken (${reason(cause)}); it was moved to ${aside} and begun anew`;
    return { store: sqliteStore(path), trouble, durable: true };
  } catch (second) {
    const trouble = `the journal is kept in memory only: ${path} is broken (${reason(second)})`;
    return { store: memoryStore(), trouble, durable: false };
  }
}

/** SQLITE_CORRUPT (11) or SQLITE_NOTADB (26). */
export function isCorrupt(cause: unknown): boolean {
  const own = cause instanceof FettleError ? cause.cause : cause;
  if (typeof own !== 'object' || own === null || !('errcode' in own)) return false;
  const primary = Number(own.errcode) & 0xff;
  return primary === 11 || primary === 26;
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
