/**
 * Reported errors in SQLite: every report, its group by fingerprint, and each stack trace once,
 * since most reports of a group carry the same one.
 *
 * The place in the spool is written in the same transaction as the rows, so that a report is taken
 * over exactly once, whenever the controller dies.
 */
import { createHash } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { ErrorGroupRow, Store } from '../store.ts';

type Meta = Readonly<{ get(name: string): string | null; set(name: string, value: string): void }>;
type InTransaction = <Result>(work: () => Result) => Result;

const maxReports = 200_000;
const maxGroups = 10_000;
const keptMs = 30 * 86_400_000;
/** Bounds are looked after once in so many reports. */
const pruneEvery = 20_000;

export function sqliteErrors(
  db: DatabaseSync,
  meta: Meta,
  inTransaction: InTransaction,
): Pick<Store, 'addErrors' | 'errorCursor' | 'errorGroups' | 'errorCount'> {
  const addReport = db.prepare(
    'INSERT INTO error_report (at_ms, service, fingerprint, message, release, stack_id) ' +
      'VALUES (?, ?, ?, ?, ?, ?)',
  );
  const addGroup = db.prepare(
    'INSERT INTO error_group (service, fingerprint, message, release, stack_id, count, first_ms, last_ms) ' +
      'VALUES (?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT (service, fingerprint) DO UPDATE SET ' +
      'message = excluded.message, release = coalesce(excluded.release, release), ' +
      'stack_id = coalesce(excluded.stack_id, stack_id), count = count + 1, ' +
      'first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms)',
  );
  const stackId = stackIds(db);
  let sincePrune = 0;
  return {
    addErrors(rows, cursor) {
      inTransaction(() => {
        for (const { atMs, service, fingerprint, message, stack, release } of rows) {
          const owner = service ?? '';
          const trace = stack === null ? null : stackId(stack);
          addReport.run(atMs, owner, fingerprint, message, release, trace);
          addGroup.run(owner, fingerprint, message, release, trace, atMs, atMs);
        }
        meta.set('error_cursor', JSON.stringify(cursor));
      });
      sincePrune += rows.length;
      if (sincePrune < pruneEvery) return;
      sincePrune = 0;
      inTransaction(() => prune(db, Math.max(0, ...rows.map(({ atMs }) => atMs))));
    },
    errorCursor() {
      const text = meta.get('error_cursor');
      return text === null ? null : JSON.parse(text);
    },
    errorGroups: (query) => readGroups(db, query),
    errorCount: () =>
      Number(db.prepare('SELECT count(*) AS n FROM error_report').get()?.['n'] ?? 0),
  };
}

/** Row of a stack trace, made when it is new. */
function stackIds(db: DatabaseSync): (text: string) => number {
  const find = db.prepare('SELECT id FROM error_stack WHERE hash = ?');
  const add = db.prepare('INSERT INTO error_stack (hash, text) VALUES (?, ?)');
  return (text) => {
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 32);
    const known = find.get(hash)?.['id'];
    return known === undefined ? Number(add.run(hash, text).lastInsertRowid) : Number(known);
  };
}

function prune(db: DatabaseSync, nowMs: number): void {
  db.prepare('DELETE FROM error_report WHERE id <= (SELECT max(id) FROM error_report) - ?').run(
    maxReports,
  );
  db.prepare('DELETE FROM error_report WHERE at_ms < ?').run(nowMs - keptMs);
  db.prepare('DELETE FROM error_group WHERE last_ms < ?').run(nowMs - keptMs);
  db.prepare(
    'DELETE FROM error_group WHERE (service, fingerprint) IN ' +
      '(SELECT service, fingerprint FROM error_group ORDER BY last_ms DESC LIMIT -1 OFFSET ?)',
  ).run(maxGroups);
  db.exec(
    'DELETE FROM error_stack WHERE id NOT IN ' +
      '(SELECT stack_id FROM error_report WHERE stack_id IS NOT NULL UNION ' +
      'SELECT stack_id FROM error_group WHERE stack_id IS NOT NULL)',
  );
}

function readGroups(
  db: DatabaseSync,
  { service, sinceMs, limit }: Parameters<Store['errorGroups']>[0],
): readonly ErrorGroupRow[] {
  const where = service === undefined ? '' : 'AND service = ?';
  const sql =
    'SELECT service, fingerprint, message, release, count, first_ms, last_ms, text AS stack ' +
    'FROM error_group LEFT JOIN error_stack ON error_stack.id = stack_id ' +
    `WHERE last_ms >= ? ${where} ORDER BY last_ms DESC, count DESC LIMIT ?`;
  const values = service === undefined ? [] : [service];
  return db
    .prepare(sql)
    .all(sinceMs ?? 0, ...values, limit)
    .map(groupOf);
}

function groupOf(row: Record<string, SQLOutputValue>): ErrorGroupRow {
  const text = (value: SQLOutputValue | undefined): string | null =>
    value === null || value === undefined || value === '' ? null : String(value);
  return {
    service: text(row['service']),
    fingerprint: String(row['fingerprint']),
    message: String(row['message']),
    stack: text(row['stack']),
    release: text(row['release']),
    count: Number(row['count']),
    firstMs: Number(row['first_ms']),
    lastMs: Number(row['last_ms']),
  };
}
