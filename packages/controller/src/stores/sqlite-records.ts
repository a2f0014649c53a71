/** Records of the healing loop in SQLite: the newest body of each, written before its effects. */
import type { DatabaseSync } from 'node:sqlite';
import type { Store } from '../store.ts';

export function sqliteRecords(
  db: DatabaseSync,
  inTransaction: <Result>(work: () => Result) => Result,
): Pick<Store, 'keepRecords' | 'records'> {
  const put = db.prepare(
    'INSERT OR REPLACE INTO loop_record (kind, id, body, at_ms) VALUES (?, ?, ?, ?)',
  );
  const drop = db.prepare('DELETE FROM loop_record WHERE kind = ? AND id = ?');
  const list = db.prepare(
    'SELECT id, body FROM loop_record WHERE kind = ? AND at_ms >= ? ORDER BY at_ms, id',
  );
  return {
    keepRecords(records, nowMs) {
      inTransaction(() => {
        for (const { kind, id, body } of records)
          if (body === null) drop.run(kind, id);
          else put.run(kind, id, JSON.stringify(body), nowMs);
      });
    },
    records: (kind, sinceMs = 0) =>
      list.all(kind, sinceMs).map((row) => ({
        kind,
        id: String(row['id']),
        body: JSON.parse(String(row['body'])),
      })),
  };
}
