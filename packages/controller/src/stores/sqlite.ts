/**
 * The store on `node:sqlite`: WAL, synchronous NORMAL, checkpoints off the event loop.
 *
 * A power cut may lose the last commits but never tears the file. Hot paths are prepared
 * statements. Source: sqlite.org, "Write-Ahead Logging" and "PRAGMA synchronous".
 */
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { StackEvent } from '@fettle/sdk/api/documents';
import type { ChainReport, Store } from '../store.ts';
import { chainHash, chainStart } from './audit-chain.ts';
import { createCheckpointer } from './sqlite-checkpointer.ts';
import { sqliteErrors } from './sqlite-errors.ts';
import { eventOf, eventsReader } from './sqlite-events.ts';
import { migrate, openDatabase, readVersion, refuseNewer } from './sqlite-schema.ts';
import { schemaVersion } from './sqlite-migrations.ts';
import { sqliteRecords } from './sqlite-records.ts';
import { sqliteTokens } from './sqlite-tokens.ts';

type Meta = Readonly<{ get(name: string): string | null; set(name: string, value: string): void }>;

/** @throws FettleError E-STORE-NEWER, E-STORE-MIGRATE; SQLite's own error when it is no database. */
export function sqliteStore(path: string): Store {
  const db = openDatabase(path);
  try {
    refuseNewer(readVersion(db), path);
    migrate(db, schemaVersion);
    return storeOn(db, path);
  } catch (cause) {
    db.close();
    throw cause;
  }
}

function storeOn(db: DatabaseSync, path: string): Store {
  const meta = metaOf(db);
  const checkpointer = createCheckpointer(path);
  const journal = journalOn(db, meta);
  return {
    append(rows, cursor) {
      const fresh = inTransaction(db, () => {
        const added = journal.insert(rows);
        if (cursor !== null) meta.set('cursor', JSON.stringify(cursor));
        return added;
      });
      journal.committed();
      checkpointer.wrote(rows.length);
      return fresh;
    },
    events: eventsReader(db),
    lastSeq: () => Number(meta.get('last_seq') ?? 0),
    prune(limits) {
      const count = inTransaction(db, () => journal.prune(limits));
      checkpointer.wrote(count);
      return count;
    },
    cursor: () => {
      const text = meta.get('cursor');
      return text === null ? null : JSON.parse(text);
    },
    verifyChain: () => verifyChain(db, meta),
    ...statesOn(db),
    ...sqliteTokens(db),
    ...sqliteRecords(db, (work) => {
      const result = inTransaction(db, work);
      checkpointer.wrote(1);
      return result;
    }),
    ...sqliteErrors(db, meta, (work) => {
      const result = inTransaction(db, work);
      checkpointer.wrote(200);
      return result;
    }),
    sizeBytes: () => fileBytes(path) + fileBytes(`${path}-wal`),
    async close() {
      await checkpointer.stop();
      if (db.isOpen) db.close();
    },
  };
}

function journalOn(db: DatabaseSync, meta: Meta) {
  const insert = db.prepare(
    'INSERT INTO journal (seq, at_ms, at, kind, service, instance, severity, text, data, key, hash) ' +
      'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING',
  );
  const newest = db.prepare('SELECT hash FROM journal ORDER BY seq DESC LIMIT 1');
  const tail = (): string => String(newest.get()?.['hash'] ?? meta.get('anchor') ?? chainStart);
  let hash = tail();
  let next = hash;
  return {
    committed: () => void (hash = next),
    insert(rows: readonly { event: StackEvent; key: string | null }[]): StackEvent[] {
      next = hash;
      const fresh: StackEvent[] = [];
      for (const { event, key } of rows) {
        const own = chainHash(next, event);
        const { seq, at, kind, service, instance, severity, text, data } = event;
        const values = [seq, Date.parse(at), at, kind, service, instance, severity, text];
        const { changes } = insert.run(...values, JSON.stringify(data), key, own);
        if (changes === 0) continue;
        next = own;
        fresh.push(event);
      }
      const last = fresh.at(-1);
      if (last !== undefined) {
        meta.set('last_seq', String(last.seq));
        meta.set('tail', `${last.seq} ${next}`);
      }
      return fresh;
    },
    prune({ beforeMs, keep }: { beforeMs: number; keep: number }): number {
      const bound = db
        .prepare(
          'SELECT max(seq) AS seq FROM (SELECT max(seq) AS seq FROM journal WHERE seq < ' +
            '(SELECT coalesce(min(seq), 9e15) FROM journal WHERE at_ms >= ?) ' +
            'UNION ALL SELECT seq FROM (SELECT seq FROM journal ORDER BY seq DESC LIMIT 1 OFFSET ?))',
        )
        .get(beforeMs, keep)?.['seq'];
      if (bound === null || bound === undefined) return 0;
      const anchor = db.prepare('SELECT hash FROM journal WHERE seq = ?').get(bound)?.['hash'];
      meta.set('anchor', String(anchor));
      return Number(db.prepare('DELETE FROM journal WHERE seq <= ?').run(bound).changes);
    },
  };
}

/** For a database that is open already. */
export function chainOf(db: DatabaseSync): ChainReport {
  return verifyChain(db, metaOf(db));
}

function verifyChain(db: DatabaseSync, meta: Meta): ChainReport {
  // One look at all of it, also while the controller writes.
  const alone = !db.isTransaction;
  if (alone) db.exec('BEGIN');
  try {
    return walkChain(db, meta);
  } finally {
    if (alone) db.exec('COMMIT');
  }
}

/** From the anchor on, over every row, past the one whose hash was noted last. */
function walkChain(db: DatabaseSync, meta: Meta): ChainReport {
  const tail = tailOf(meta);
  let previous = meta.get('anchor') ?? chainStart;
  let rows = 0;
  let lastSeq = 0;
  let atTail: string | null = null;
  for (const row of db.prepare('SELECT * FROM journal ORDER BY seq').iterate()) {
    const event = eventOf(row);
    rows += 1;
    if (chainHash(previous, event) !== row['hash'])
      return { ok: false, rows, brokenAtSeq: event.seq };
    previous = String(row['hash']);
    lastSeq = event.seq;
    if (event.seq === tail?.seq) atTail = previous;
  }
  const whole = tail === null || reachesTail(tail, { rows, lastSeq, atTail, previous });
  return { ok: whole, rows, brokenAtSeq: whole ? null : lastSeq + 1 };
}

type Tail = Readonly<{ seq: number; hash: string; lastSeq: number }>;
type Walked = Readonly<{ rows: number; lastSeq: number; atTail: string | null; previous: string }>;

/** An older version goes on behind the tail without noting it: that is no cut. */
function reachesTail(tail: Tail, { rows, lastSeq, atTail, previous }: Walked): boolean {
  if (rows === 0) return previous === tail.hash || tail.lastSeq > tail.seq;
  if (lastSeq < tail.seq) return false;
  return atTail === null || atTail === tail.hash;
}

/** null: written before tails were noted. */
function tailOf(meta: Meta): Tail | null {
  const [seq, hash] = (meta.get('tail') ?? '').split(' ');
  if (seq === undefined || hash === undefined) return null;
  return { seq: Number(seq), hash, lastSeq: Number(meta.get('last_seq') ?? 0) };
}

function statesOn(db: DatabaseSync): Pick<Store, 'states' | 'saveStates'> {
  const put = db.prepare('INSERT INTO service_state (service, state, since_ms) VALUES (?, ?, ?)');
  return {
    states: () =>
      db
        .prepare('SELECT service, state, since_ms FROM service_state')
        .all()
        .map((row) => ({
          service: String(row['service']),
          state: String(row['state']),
          sinceMs: Number(row['since_ms']),
        })),
    saveStates: (states) =>
      inTransaction(db, () => {
        db.exec('DELETE FROM service_state');
        for (const { service, state, sinceMs } of states) put.run(service, state, sinceMs);
      }),
  };
}

function metaOf(db: DatabaseSync): Meta {
  const get = db.prepare('SELECT value FROM meta WHERE name = ?');
  const put = db.prepare(
    'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  return {
    get: (name) => {
      const value = get.get(name)?.['value'];
      return value === undefined ? null : String(value);
    },
    set: (name, value) => void put.run(name, value),
  };
}

function inTransaction<Result>(db: DatabaseSync, work: () => Result): Result {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw cause;
  }
}

function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
