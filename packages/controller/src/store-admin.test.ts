import { deepEqual, equal, match, ok, rejects, throws } from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'vitest';
import { row } from './store.contract.ts';
import {
  backupStore,
  migrateStore,
  planStoreMigration,
  readStoreVersion,
  restoreStore,
  rollbackStore,
  verifyStore,
} from './store-admin.ts';
import { openStore } from './store-open.ts';
import { schemaVersion } from './stores/sqlite-migrations.ts';
import { sqliteStore } from './stores/sqlite.ts';

let dir = '';
let path = '';
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fettle-admin-'));
  path = join(dir, 'fettle.db');
  const store = sqliteStore(path);
  store.append([row(1), row(2)], null);
  await store.close();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const code = (wanted: string) => (error: unknown) => {
  equal((error as { code: string }).code, wanted);
  return true;
};
const setVersion = (version: number) => {
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA user_version = ${version}`);
  db.close();
};

test('a whole store verifies', () => {
  const { ok: whole, chain, version } = verifyStore(path);
  deepEqual([whole, chain.rows, version], [true, 2, schemaVersion]);
});
test('a rollback goes one step down, and a migration up again, keeping the journal', async () => {
  const { steps, backupPath } = await rollbackStore(path);
  deepEqual(
    [steps.map(({ id }) => id), readStoreVersion(path).version],
    [[schemaVersion], schemaVersion - 1],
  );
  ok(backupPath !== null && existsSync(backupPath));
  deepEqual(
    planStoreMigration(path).map(({ id }) => id),
    [schemaVersion],
  );
  await migrateStore(path);
  equal(verifyStore(path).chain.rows, 2);
});
test('every step down leads back to an empty file', async () => {
  await migrateStore(path, 0);
  const db = new DatabaseSync(path);
  equal(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'], 0);
  db.close();
});
test('a plan changes nothing', () => {
  deepEqual(
    planStoreMigration(path, 0).map(({ id }) => id),
    Array.from({ length: schemaVersion }, (_, index) => schemaVersion - index),
  );
  equal(readStoreVersion(path).version, schemaVersion);
});
test('a newer schema is refused by every door', async () => {
  setVersion(99);
  throws(() => openStore(path, 1), code('E-STORE-NEWER'));
  throws(() => planStoreMigration(path), code('E-STORE-NEWER'));
  throws(() => verifyStore(path), code('E-STORE-NEWER'));
  await rejects(migrateStore(path), code('E-STORE-NEWER'));
});
test('a backup is whole and restores what was', async () => {
  const target = join(dir, 'copy.db');
  await backupStore(path, target);
  const store = sqliteStore(path);
  store.append([row(3)], null);
  await store.close();
  const kept = await restoreStore(path, target);
  equal(verifyStore(path).chain.rows, 2);
  equal(verifyStore(kept ?? '').chain.rows, 3);
});
test('a backup does not overwrite', () => rejects(backupStore(path, path), code('E-STORE-BACKUP')));
test('a restore under a running controller is refused', async () => {
  const target = join(dir, 'copy.db');
  await backupStore(path, target);
  const store = sqliteStore(path);
  await rejects(restoreStore(path, target), code('E-STORE-BUSY'));
  await store.close();
});
test('a broken file is moved aside and begun anew', async () => {
  writeFileSync(path, 'this is no database, whatever its name says '.repeat(100));
  throws(() => readStoreVersion(path), code('E-STORE-BROKEN'));
  const { store, trouble, durable } = openStore(path, 42);
  match(trouble ?? '', /was broken.*begun anew/);
  ok(durable);
  ok(readdirSync(dir).includes('fettle.db.broken-42'));
  store.append([row(1)], null);
  await store.close();
});
test('a folder that cannot be written leaves a store in memory', () => {
  const { durable, trouble } = openStore(join(dir, 'nowhere', 'fettle.db'), 1);
  equal(durable, false);
  match(trouble ?? '', /in memory only/);
});
test('a store that is not there is said to be so', () =>
  throws(() => readStoreVersion(join(dir, 'none.db')), code('E-STORE-NONE')));

test('events cut off the end, or all of them, are missed', () => {
  for (const cut of ['seq = 2', 'seq > 0']) {
    const db = new DatabaseSync(path);
    db.exec(`DELETE FROM journal WHERE ${cut}`);
    db.close();
    const { ok: whole, chain } = verifyStore(path);
    deepEqual([whole, chain.brokenAtSeq], [false, cut === 'seq = 2' ? 2 : 1]);
  }
});
test('what an older version added behind the last noted hash is no break', async () => {
  const store = sqliteStore(path);
  store.append([row(3)], null);
  await store.close();
  const db = new DatabaseSync(path);
  const hash = db.prepare('SELECT hash FROM journal WHERE seq = 2').get()?.['hash'];
  db.prepare("UPDATE meta SET value = ? WHERE name = 'tail'").run(`2 ${String(hash)}`);
  ok(verifyStore(path).ok);
  db.prepare("UPDATE meta SET value = ? WHERE name = 'tail'").run('2 somethingelse');
  ok(!verifyStore(path).ok);
  db.close();
});
test('a second migration or restore keeps the copy of the first', async () => {
  const first = await rollbackStore(path);
  await migrateStore(path);
  const second = await rollbackStore(path);
  ok(first.backupPath !== second.backupPath);
  ok(first.backupPath !== null && existsSync(first.backupPath));
});
