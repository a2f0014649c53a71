import { equal, throws } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, test } from 'vitest';
import { row, storeContract } from '../store.contract.ts';
import { memoryStore } from './memory.ts';
import { createCheckpointer } from './sqlite-checkpointer.ts';
import { sqliteStore } from './sqlite.ts';
import { until } from '../controller.kit.ts';
import { statSync } from 'node:fs';

const dir = mkdtempSync(join(tmpdir(), 'fettle-stores-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let count = 0;
const freshPath = () => join(dir, `store-${(count += 1)}.db`);

storeContract('memory', memoryStore);
storeContract('sqlite', () => sqliteStore(freshPath()));

test('a reopened store goes on where it ended', async () => {
  const path = freshPath();
  const first = sqliteStore(path);
  first.append([row(1, 'a')], { epoch: 'e', seq: 3 });
  await first.close();
  const second = sqliteStore(path);
  equal(second.append([row(2, 'a'), row(3)], null).length, 1);
  equal(second.lastSeq(), 3);
  equal(second.verifyChain().ok, true);
  await second.close();
});
test('a changed row breaks the audit chain at its place', async () => {
  const path = freshPath();
  const store = sqliteStore(path);
  store.append([row(1), row(2), row(3)], null);
  const db = new DatabaseSync(path);
  db.exec("UPDATE journal SET text = 'nothing happened' WHERE seq = 2");
  db.close();
  equal(store.verifyChain().brokenAtSeq, 2);
  await store.close();
});
test('a failed append changes nothing, and the chain holds afterwards', async () => {
  const store = sqliteStore(freshPath());
  store.append([row(1)], null);
  throws(() => store.append([row(2), row(1)], { epoch: 'e', seq: 9 }));
  equal(store.lastSeq(), 1);
  equal(store.cursor(), null);
  store.append([row(2)], null);
  equal(store.verifyChain().ok, true);
  await store.close();
});
test('the write-ahead log is moved into the file by the worker', async () => {
  const path = freshPath();
  const store = sqliteStore(path);
  const big = { data: { text: 'x'.repeat(2_000) } };
  for (let from = 1; from <= 2_000; from += 500)
    store.append(
      Array.from({ length: 500 }, (_, index) => row(from + index, null, big)),
      null,
    );
  await until(() => statSync(path).size > 1_000_000);
  await store.close();
});
test('a checkpointer that stops waits for its worker', async () => {
  const path = freshPath();
  const store = sqliteStore(path);
  const checkpointer = createCheckpointer(path);
  store.append(
    Array.from({ length: 1_500 }, (_, i) => row(i + 1, null, { text: 'x'.repeat(2_000) })),
    null,
  );
  checkpointer.wrote(2_000);
  await checkpointer.stop();
  await store.close();
});
