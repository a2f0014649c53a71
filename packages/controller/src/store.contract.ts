/** What every store must do; run against each implementation, the fake included. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'vitest';
import type { StackEvent } from '@fettle/sdk/api/documents';
import type { NewEvent, Store } from './store.ts';

export function anEvent(seq: number, fields: Partial<StackEvent> = {}): StackEvent {
  return {
    seq,
    at: new Date(1_000_000 + seq * 1_000).toISOString(),
    kind: 'service.started',
    service: 'api',
    instance: null,
    severity: 'info',
    text: `event ${seq}`,
    data: { n: seq },
    ...fields,
  };
}
export const row = (seq: number, key: string | null = null, fields = {}): NewEvent => ({
  event: anEvent(seq, fields),
  key,
});

export function storeContract(name: string, open: () => Store): void {
  describe(name, () => {
    let store: Store;
    beforeEach(() => (store = open()));
    afterEach(() => store.close());
    const seqs = (query: Parameters<Store['events']>[0]) =>
      store.events(query).map(({ seq }) => seq);
    const fill = (count: number) =>
      store.append(
        Array.from({ length: count }, (_, index) => row(index + 1)),
        null,
      );

    test('an empty store has no events and no cursor', () => {
      deepEqual([store.lastSeq(), store.cursor(), store.states()], [0, null, []]);
      deepEqual(store.verifyChain(), { ok: true, rows: 0, brokenAtSeq: null });
    });
    test('events come back as they were', () => {
      store.append([row(1, null, { instance: 'api.1', severity: 'error' })], null);
      const [event] = store.events({ limit: 1, from: 'oldest' });
      deepEqual(event, anEvent(1, { instance: 'api.1', severity: 'error' }));
    });
    test('a known key is left out, within one call and over two', () => {
      equal(store.append([row(1, 'a'), row(2, 'a'), row(3, 'b')], null).length, 2);
      equal(store.append([row(4, 'b'), row(5)], null).length, 1);
      deepEqual(seqs({ limit: 9, from: 'oldest' }), [1, 3, 5]);
      equal(store.verifyChain().rows, 3);
      ok(store.verifyChain().ok);
    });
    test('the cursor is kept with the rows', () => {
      store.append([row(1)], { epoch: 'e', seq: 7 });
      deepEqual(store.cursor(), { epoch: 'e', seq: 7 });
      store.append([], { epoch: 'e', seq: 8 });
      deepEqual(store.cursor(), { epoch: 'e', seq: 8 });
    });
    test('records of the loop are the newest of each, and can be forgotten', () => {
      store.keepRecords([{ kind: 'run', id: 'run-1', body: { step: 1 } }], 10);
      store.keepRecords([{ kind: 'incident', id: 'INC-1', body: { open: true } }], 20);
      store.keepRecords(
        [
          { kind: 'run', id: 'run-1', body: { step: 2 } },
          { kind: 'run', id: 'run-2', body: { step: 1 } },
          { kind: 'incident', id: 'INC-1', body: null },
        ],
        30,
      );
      deepEqual(
        store.records('run').map(({ body }) => body),
        [{ step: 2 }, { step: 1 }],
      );
      deepEqual([store.records('run', 31), store.records('incident')], [[], []]);
    });
    test('reported errors are grouped, with the place up to which they were taken', () => {
      const fingerprint = 'f';
      const error = { service: 'api', fingerprint, message: 'one', stack: 'at a', release: null };
      deepEqual([store.errorCursor(), store.errorCount()], [null, 0]);
      store.addErrors([{ ...error, atMs: 10 }], { segment: 1, offset: 5 });
      store.addErrors(
        [
          { ...error, atMs: 20, message: 'two', stack: null, release: 'v2' },
          { ...error, atMs: 15, service: null },
        ],
        { segment: 1, offset: 9 },
      );
      deepEqual([store.errorCursor(), store.errorCount()], [{ segment: 1, offset: 9 }, 3]);
      const [newest, other] = store.errorGroups({ limit: 9 });
      deepEqual(newest, {
        ...error,
        message: 'two',
        release: 'v2',
        count: 2,
        firstMs: 10,
        lastMs: 20,
      });
      deepEqual([other?.service, other?.count], [null, 1]);
      deepEqual(store.errorGroups({ limit: 9, sinceMs: 16 }).length, 1);
      deepEqual(store.errorGroups({ limit: 9, service: 'web' }), []);
    });
    test('pages go forwards and backwards', () => {
      fill(10);
      deepEqual(seqs({ after: 4, limit: 3, from: 'oldest' }), [5, 6, 7]);
      deepEqual(seqs({ limit: 3, from: 'newest' }), [8, 9, 10]);
      deepEqual(seqs({ before: 3, limit: 5, from: 'newest' }), [1, 2]);
    });
    test('events are chosen by service and time', () => {
      store.append([row(1), row(2, null, { service: 'db' }), row(3)], null);
      deepEqual(seqs({ service: 'api', limit: 9, from: 'oldest' }), [1, 3]);
      deepEqual(seqs({ sinceMs: 1_002_000, limit: 9, from: 'oldest' }), [2, 3]);
    });
    test('pruning by count keeps the newest, the chain and the last number', () => {
      fill(10);
      equal(store.prune({ beforeMs: 0, keep: 3 }), 7);
      deepEqual(seqs({ limit: 9, from: 'oldest' }), [8, 9, 10]);
      deepEqual([store.verifyChain().ok, store.lastSeq()], [true, 10]);
    });
    test('pruning by age drops what is older', () => {
      fill(10);
      equal(store.prune({ beforeMs: 1_005_000, keep: 100 }), 4);
      deepEqual(seqs({ limit: 9, from: 'oldest' }), [5, 6, 7, 8, 9, 10]);
    });
    test('pruning all keeps the last number and the chain goes on', () => {
      fill(3);
      equal(store.prune({ beforeMs: 9e12, keep: 100 }), 3);
      equal(store.prune({ beforeMs: 9e12, keep: 100 }), 0);
      equal(store.lastSeq(), 3);
      store.append([row(4)], null);
      ok(store.verifyChain().ok);
    });
    test('states are replaced as a whole', () => {
      store.saveStates([
        { service: 'a', state: 'ok', sinceMs: 1 },
        { service: 'b', state: 'ok', sinceMs: 2 },
      ]);
      store.saveStates([{ service: 'a', state: 'failing', sinceMs: 3 }]);
      deepEqual(store.states(), [{ service: 'a', state: 'failing', sinceMs: 3 }]);
    });
    test('tokens are kept and removed', () => {
      const token = {
        id: 't1',
        hash: 'ab',
        role: 'viewer',
        once: true,
        createdAtMs: 1,
        expiresAtMs: null,
        lastUsedAtMs: 5,
      } as const;
      store.saveToken(token);
      deepEqual(store.tokens(), [token]);
      store.removeToken('t1');
      deepEqual(store.tokens(), []);
    });
    test('answers are kept for a day', () => {
      const answer = { fingerprint: 'f', status: 200, body: '{}' };
      store.saveAnswer('k', answer, 0);
      deepEqual(store.answer('k'), answer);
      store.saveAnswer('l', answer, 86_400_001);
      equal(store.answer('k'), null);
    });
  });
}
