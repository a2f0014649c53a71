import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'vitest';
import { until } from './controller.kit.ts';
import { createJournal, type KeyedEvent } from './journal.ts';
import type { Store } from './store.ts';
import { memoryStore } from './stores/memory.ts';

const nowMs = () => 1_700_000_000_000;
const plain = {
  kind: 'service.state',
  service: 'api',
  instance: null,
  severity: 'info',
  data: {},
} as const;
const keyed = (key: string | null): KeyedEvent => ({
  ...plain,
  at: new Date(5_000).toISOString(),
  text: 'x',
  key,
});

/** A store whose disk can be filled and emptied. */
function fillable(): { store: Store; full: boolean } {
  const own = memoryStore();
  const disk = {
    full: false,
    store: {
      ...own,
      append(...args: Parameters<Store['append']>) {
        if (disk.full) throw new RangeError('database or disk is full');
        return own.append(...args);
      },
    },
  };
  return disk;
}

test('an event is numbered, stamped and pushed', () => {
  const journal = createJournal(memoryStore(), { nowMs });
  const heard: number[] = [];
  const off = journal.onEvent(({ seq }) => heard.push(seq));
  const event = journal.append({ ...plain, text: 'api is ok' });
  off();
  journal.append({ ...plain, text: 'api is failing' });
  deepEqual([event.seq, event.at, heard], [1, new Date(nowMs()).toISOString(), [1]]);
  journal.stop();
});
test('secrets are gone before anything is stored or pushed', () => {
  const journal = createJournal(memoryStore(), { nowMs });
  const event = journal.append({
    ...plain,
    text: 'postgres://a:hunter2@db',
    data: { DB_PASSWORD: 'x' },
  });
  deepEqual([event.text, event.data], ['postgres://a:***@db', { DB_PASSWORD: '***' }]);
  ok(!JSON.stringify(journal.read({})).includes('hunter2'));
  journal.stop();
});
test('numbers go on after a restart', () => {
  const store = memoryStore();
  createJournal(store, { nowMs }).append({ ...plain, text: 'a' });
  const journal = createJournal(store, { nowMs });
  equal(journal.append({ ...plain, text: 'b' }).seq, 2);
  journal.stop();
});
test('pages follow each other until the end', () => {
  const journal = createJournal(memoryStore(), { nowMs });
  for (let count = 0; count < 5; count += 1) journal.append({ ...plain, text: 'x' });
  const first = journal.page({ after: 0, limit: 3 });
  deepEqual([first.events.length, first.next], [3, 3]);
  const second = journal.page({ after: first.next ?? 0, limit: 3 });
  deepEqual([second.events.length, second.next], [2, null]);
  journal.stop();
});
test('a full disk keeps events in memory, readable and in order, and writes them later', async () => {
  const disk = fillable();
  const errors: unknown[] = [];
  const journal = createJournal(disk.store, { nowMs, onError: (e) => errors.push(e) });
  journal.append({ ...plain, text: 'before' });
  disk.full = true;
  journal.append({ ...plain, text: 'during' });
  journal.appendAll([keyed('k'), keyed('k2')], { epoch: 'e', seq: 4 });
  equal(journal.appendAll([keyed('k')], null).length, 0);
  deepEqual([journal.state().buffered, errors.length], [3, 1]);
  ok(journal.state().trouble?.includes('disk is full'));
  deepEqual(
    journal.read({}).map(({ seq }) => seq),
    [1, 2, 3, 4],
  );
  deepEqual(
    journal.page({ after: 1, limit: 2 }).events.map(({ seq }) => seq),
    [2, 3],
  );
  disk.full = false;
  await until(() => journal.state().buffered === 0);
  deepEqual([journal.state().trouble, disk.store.cursor()], [null, { epoch: 'e', seq: 4 }]);
  ok(disk.store.verifyChain().ok);
  journal.stop();
});
test('what the bound cannot hold is dropped, oldest first, and counted', () => {
  const disk = fillable();
  disk.full = true;
  const journal = createJournal(disk.store, { nowMs });
  for (let count = 0; count < 2_010; count += 1) journal.append({ ...plain, text: 'x' });
  deepEqual([journal.state().buffered, journal.state().dropped], [2_000, 10]);
  equal(journal.read({ after: 0, limit: 1 })[0]?.seq, 11);
  journal.stop();
});
