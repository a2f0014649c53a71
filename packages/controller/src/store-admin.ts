/**
 * What people do with the store while the stack is down or up: look, migrate, roll back, verify,
 * back up, restore. For `fettle store …`; every function works on a path.
 */
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync, backup } from 'node:sqlite';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { ChainReport } from './store.ts';
import { schemaVersion, type Migration } from './stores/sqlite-migrations.ts';
import {
  migrate,
  openDatabase,
  planMigration,
  readVersion,
  refuseNewer,
} from './stores/sqlite-schema.ts';
import { chainOf } from './stores/sqlite.ts';

export type StoreVersion = Readonly<{ version: number; wanted: number; sizeBytes: number }>;
export type StoreReport = StoreVersion &
  Readonly<{
    ok: boolean;
    /** SQLite's own complaints; empty: none. */
    integrity: readonly string[];
    chain: ChainReport;
  }>;
type Step = Pick<Migration, 'id' | 'title'>;

/** @throws FettleError E-STORE-NONE, E-STORE-BROKEN */
export function readStoreVersion(path: string): StoreVersion {
  const db = open(path, true);
  try {
    return { version: readVersion(db), wanted: schemaVersion, sizeBytes: statSync(path).size };
  } finally {
    db.close();
  }
}

/** The steps that `migrateStore` would run; nothing is changed. */
export function planStoreMigration(path: string, to = schemaVersion): readonly Step[] {
  const { version } = readStoreVersion(path);
  refuseNewer(version, path);
  return planMigration(version, to).map(({ id, title }) => ({ id, title }));
}

/** Moves the schema up or down to `to`, after a copy beside the file; answers the steps. */
export async function migrateStore(
  path: string,
  to = schemaVersion,
): Promise<Readonly<{ steps: readonly Step[]; backupPath: string | null }>> {
  if (to < 0 || to > schemaVersion)
    throw new FettleError('E-STORE-MIGRATE', `there is no schema ${to}`, {
      hint: `choose from 0 to ${schemaVersion}`,
      exitCode: 2,
    });
  const steps = planStoreMigration(path, to);
  if (steps.length === 0) return { steps, backupPath: null };
  const backupPath = freeName(`${path}.before-${to}`);
  await backupStore(path, backupPath);
  const db = open(path, false);
  try {
    migrate(db, to);
  } finally {
    db.close();
  }
  return { steps, backupPath };
}

/** One step back. */
export function rollbackStore(path: string): ReturnType<typeof migrateStore> {
  return migrateStore(path, Math.max(0, readStoreVersion(path).version - 1));
}

/** SQLite's integrity check and the audit chain; nothing is changed. */
export function verifyStore(path: string): StoreReport {
  const db = open(path, true);
  try {
    const version = readVersion(db);
    refuseNewer(version, path);
    const complaints = db
      .prepare('PRAGMA integrity_check(20)')
      .all()
      .map((row) => String(row['integrity_check']));
    const integrity = complaints.filter((one) => one !== 'ok');
    const chain = version >= 1 ? chainOf(db) : { ok: true, rows: 0, brokenAtSeq: null };
    const ok = integrity.length === 0 && chain.ok && version === schemaVersion;
    const sizeBytes = statSync(path).size;
    return { ok, version, wanted: schemaVersion, sizeBytes, integrity, chain };
  } catch (cause) {
    throw cause instanceof FettleError ? cause : broken(path, cause);
  } finally {
    db.close();
  }
}

/** A consistent copy, also while the controller writes. The target must not exist. */
export async function backupStore(path: string, target: string): Promise<void> {
  if (existsSync(target))
    throw new FettleError('E-STORE-BACKUP', `${target} exists already`, {
      hint: 'choose another name, or remove it',
    });
  const temporary = `${target}.fettle-${process.pid}`;
  const db = open(path, true);
  try {
    await backup(db, temporary);
    // WAL files beside a copy would be forgotten when it is moved.
    const copy = openDatabase(temporary, { readOnly: false });
    copy.exec('PRAGMA journal_mode = DELETE');
    copy.close();
    renameSync(temporary, target);
  } catch (cause) {
    for (const suffix of ['', '-wal', '-shm', '-journal'])
      rmSync(`${temporary}${suffix}`, { force: true });
    throw new FettleError('E-STORE-BACKUP', `the backup to ${target} failed`, {
      hint: 'check that the folder exists and has room',
      cause,
    });
  } finally {
    db.close();
  }
}

/** Puts a backup in place of the store; the old file is kept beside it. Answers its name. */
export async function restoreStore(path: string, source: string): Promise<string | null> {
  const report = verifyStore(source);
  if (report.integrity.length > 0 || !report.chain.ok) throw broken(source, null);
  refuseBusy(path);
  const kept = existsSync(path) ? freeName(`${path}.before-restore`) : null;
  const temporary = `${path}.restoring`;
  rmSync(temporary, { force: true });
  // Not the file alone: what lies in its write-ahead log belongs to it.
  await backupStore(source, temporary);
  if (kept !== null) renameSync(path, kept);
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  renameSync(temporary, path);
  return kept;
}

/** An earlier copy is never written over. */
function freeName(path: string): string {
  let name = path;
  for (let count = 2; existsSync(name); count += 1) name = `${path}-${count}`;
  return name;
}

/** Restoring under a running controller would lose what it writes. */
function refuseBusy(path: string): void {
  if (!existsSync(path)) return;
  const db = open(path, false);
  try {
    // Leaving WAL mode needs to be alone.
    const mode = db.prepare('PRAGMA journal_mode = DELETE').get()?.['journal_mode'];
    if (mode !== 'delete') throw busy(path, null);
  } catch (cause) {
    throw cause instanceof FettleError ? cause : busy(path, cause);
  } finally {
    db.close();
  }
}

function open(path: string, readOnly: boolean): DatabaseSync {
  if (!existsSync(path))
    throw new FettleError('E-STORE-NONE', `there is no store at ${path}`, {
      hint: 'it is made by the first fettle up',
      status: 404,
      exitCode: 2,
    });
  try {
    const db = openDatabase(path, { readOnly });
    readVersion(db);
    return db;
  } catch (cause) {
    throw broken(path, cause);
  }
}

function broken(path: string, cause: unknown): FettleError {
  return new FettleError('E-STORE-BROKEN', `${path} is not a whole database`, {
    hint: 'restore a backup: fettle store restore FILE; or let fettle up move it aside',
    ...(cause === null ? {} : { cause }),
    status: 500,
  });
}

function busy(path: string, cause: unknown): FettleError {
  return new FettleError('E-STORE-BUSY', `${path} is in use`, {
    hint: 'fettle down      then restore',
    ...(cause === null ? {} : { cause }),
    status: 409,
    exitCode: 5,
  });
}
