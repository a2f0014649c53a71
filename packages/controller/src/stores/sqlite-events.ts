/** Reads journal rows back as events. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { StackEvent } from '@fettle/sdk/api/documents';
import type { EventQuery } from '../store.ts';

type Row = Record<string, SQLOutputValue>;

export function eventsReader(db: DatabaseSync): (query: EventQuery) => readonly StackEvent[] {
  return (query) => {
    const { where, values } = conditions(query);
    const order = query.from === 'oldest' ? 'ASC' : 'DESC';
    const sql = `SELECT * FROM journal ${where} ORDER BY seq ${order} LIMIT ?`;
    const events = db
      .prepare(sql)
      .all(...values, query.limit)
      .map(eventOf);
    return query.from === 'oldest' ? events : events.toReversed();
  };
}

function conditions(query: EventQuery): { where: string; values: SQLInputValue[] } {
  const parts: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (sql: string, value: SQLInputValue | undefined): void => {
    if (value === undefined) return;
    parts.push(sql);
    values.push(value);
  };
  add('seq > ?', query.after);
  add('seq < ?', query.before);
  add('service = ?', query.service);
  add('at_ms >= ?', query.sinceMs);
  return { where: parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`, values };
}

export function eventOf(row: Row): StackEvent {
  return {
    seq: Number(row['seq']),
    at: String(row['at']),
    kind: String(row['kind']),
    service: nullable(row['service']),
    instance: nullable(row['instance']),
    severity: String(row['severity']) as StackEvent['severity'],
    text: String(row['text']),
    data: JSON.parse(String(row['data'])),
  };
}

function nullable(value: SQLOutputValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}
