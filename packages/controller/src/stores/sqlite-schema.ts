/** Opens a database file, reads its shape, and moves it up or down the numbered migrations. */
import { DatabaseSync } from 'node:sqlite';
import { FettleError } from '@fettle/sdk/fettle-error';
import { migrations, schemaVersion, type Migration } from './sqlite-migrations.ts';

/** How long a call waits for another process's lock. */
const busyTimeoutMs = 2_000;

/** `readOnly`: for looking without touching. WAL and synchronous NORMAL otherwise. */
export function openDatabase(path: string, options: { readOnly?: boolean } = {}): DatabaseSync {
  const readOnly = options.readOnly ?? false;
  const db = new DatabaseSync(path, { readOnly, timeout: busyTimeoutMs });
  if (readOnly) return db;
  try {
    db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; ' +
        'PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY;',
    );
  } catch (cause) {
    db.close();
    throw cause;
  }
  return db;
}

export function readVersion(db: DatabaseSync): number {
  const row = db.prepare('PRAGMA user_version').get();
  return Number(row?.['user_version'] ?? 0);
}

/** @throws FettleError E-STORE-NEWER when a newer Fettle wrote the file. */
export function refuseNewer(version: number, path: string): void {
  if (version <= schemaVersion) return;
  throw new FettleError(
    'E-STORE-NEWER',
    `${path} has schema ${version}, this version of Fettle knows up to ${schemaVersion}`,
    {
      hint: 'use the newer Fettle, or restore a backup: fettle store restore FILE',
      status: 409,
      exitCode: 5,
    },
  );
}

/** The steps from `from` to `to`, in the order in which they run. */
export function planMigration(from: number, to: number): readonly Migration[] {
  if (to >= from) return migrations.filter(({ id }) => id > from && id <= to);
  return migrations.filter(({ id }) => id <= from && id > to).toReversed();
}

/** Each step with its `user_version` in one transaction. */
export function migrate(db: DatabaseSync, to: number): readonly Migration[] {
  const from = readVersion(db);
  const steps = planMigration(from, to);
  for (const step of steps) {
    const version = to >= from ? step.id : step.id - 1;
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(to >= from ? step.up : step.down);
      db.exec(`PRAGMA user_version = ${version}`);
      db.exec('COMMIT');
    } catch (cause) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw new FettleError('E-STORE-MIGRATE', `migration ${step.id} (${step.title}) failed`, {
        hint: 'nothing was changed by this step; free disk space or restore a backup',
        cause,
        status: 500,
      });
    }
  }
  return steps;
}
