/**
 * The append-only record: numbers, stamps, redacts, stores and pushes each event.
 *
 * When the disk is full the events are kept in memory, bounded, and written once it takes them
 * again; numbers are given once, so that readers and streams see no gap and no double. What no
 * longer fits the bound is dropped, oldest first, and counted.
 */
import { conceal, concealData } from './conceal.ts';
import type { StackEvent } from '@fettle/sdk/api/documents';
import type { Disposer, Journal } from './parts.ts';
import type { Cursor, NewEvent, Store } from './store.ts';

export type Retention = Readonly<{ ageMs: number; count: number }>;

/** An event that happened at most once: `key` says which, so that a replay does not double it. */
export type KeyedEvent = Omit<StackEvent, 'seq' | 'at'> & { at: string; key: string | null };

export type JournalState = Readonly<{
  /** Events not on disk yet. */
  buffered: number;
  /** Dropped because the buffer was full. */
  dropped: number;
  /** Why the last write failed; null when it did not. */
  trouble: string | null;
}>;

export type FullJournal = Journal &
  Readonly<{
    /** Stores all with the cursor in one transaction; answers those that were new. */
    appendAll(events: readonly KeyedEvent[], cursor: Cursor | null): readonly StackEvent[];
    /** Oldest first, for paging forwards. */
    page(query: Readonly<{ after: number; service?: string; sinceMs?: number; limit: number }>): {
      events: readonly StackEvent[];
      next: number | null;
    };
    lastSeq(): number;
    state(): JournalState;
    stop(): void;
  }>;

const runToken = /^[\w.]{1,40}-[\w.]{1,20}$/;
const maxBuffered = 2_000;
const retryMs = 1_000;
const pruneEveryMs = 600_000;
const defaultLimit = 1_000;
const defaultRetention: Retention = { ageMs: 30 * 86_400_000, count: 200_000 };

export function createJournal(
  store: Store,
  options: Readonly<{ nowMs: () => number; retention?: Retention; onError?: (e: unknown) => void }>,
): FullJournal {
  const retention = options.retention ?? defaultRetention;
  const listeners = new Set<(event: StackEvent) => void>();
  let seq = store.lastSeq();
  let buffer: NewEvent[] = [];
  let lateCursor: Cursor | null = null;
  let dropped = 0;
  let trouble: string | null = null;
  let retry: NodeJS.Timeout | null = null;

  const failed = (cause: unknown): void => {
    const told = cause instanceof Error ? cause.message : String(cause);
    if (trouble === null) options.onError?.(cause);
    trouble = told;
    retry ??= setTimeout(flush, retryMs).unref();
  };
  const flush = (): boolean => {
    if (retry !== null) clearTimeout(retry);
    retry = null;
    if (buffer.length === 0) return true;
    try {
      store.append(buffer, lateCursor);
      buffer = [];
      lateCursor = null;
      trouble = null;
      return true;
    } catch (cause) {
      failed(cause);
      return false;
    }
  };
  const keep = (rows: readonly NewEvent[], cursor: Cursor | null): readonly StackEvent[] => {
    if (trouble === null || buffer.length === 0)
      try {
        const fresh = store.append(rows, cursor);
        trouble = null;
        return fresh;
      } catch (cause) {
        failed(cause);
      }
    const known = new Set(buffer.map(({ key }) => key));
    const fresh = rows.filter(({ key }) => key === null || !known.has(key));
    buffer.push(...fresh);
    lateCursor = cursor ?? lateCursor;
    const excess = Math.max(0, buffer.length - maxBuffered);
    buffer.splice(0, excess);
    dropped += excess;
    return fresh.map(({ event }) => event);
  };
  const appendAll = (events: readonly KeyedEvent[], cursor: Cursor | null) => {
    const rows = events.map(({ key, ...event }) => ({ key, event: clean(event, ++seq) }));
    const fresh = keep(rows, cursor);
    for (const event of fresh) for (const listener of listeners) listener(event);
    return fresh;
  };
  const prune = setInterval(() => {
    try {
      const beforeMs = options.nowMs() - retention.ageMs;
      if (trouble === null) store.prune({ beforeMs, keep: retention.count });
    } catch (cause) {
      failed(cause);
    }
  }, pruneEveryMs).unref();

  return {
    append(event) {
      const at = event.at ?? new Date(options.nowMs()).toISOString();
      const [stored] = appendAll([{ ...event, at, key: null }], null);
      if (stored !== undefined) return stored;
      return { ...event, at, seq };
    },
    appendAll,
    read(query) {
      const limit = query.limit ?? defaultLimit;
      const from = query.after === undefined ? 'newest' : 'oldest';
      const stored = store.events({ ...query, limit, from });
      const late = buffer.map(({ event }) => event).filter((event) => fits(event, query));
      const all = [...stored, ...late];
      return from === 'oldest' ? all.slice(0, limit) : all.slice(Math.max(0, all.length - limit));
    },
    page(query) {
      const stored = store.events({ ...query, limit: query.limit + 1, from: 'oldest' });
      const late = buffer.map(({ event }) => event).filter((event) => fits(event, query));
      const all = [...stored, ...late];
      const events = all.slice(0, query.limit);
      return { events, next: all.length > query.limit ? (events.at(-1)?.seq ?? null) : null };
    },
    onEvent(listener): Disposer {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    lastSeq: () => seq,
    state: () => ({ buffered: buffer.length, dropped, trouble }),
    stop() {
      flush();
      if (retry !== null) clearTimeout(retry);
      clearInterval(prune);
    },
  };
}

function clean(event: Omit<StackEvent, 'seq'>, seq: number): StackEvent {
  const { token } = event.data;
  // In our events `token` names a run, which opens nothing; redaction goes by the field's name.
  const run = typeof token === 'string' && runToken.test(token) ? { token } : {};
  const data = { ...(concealData(event.data) as StackEvent['data']), ...run };
  return { ...event, seq, text: conceal(event.text), data };
}

function fits(
  event: StackEvent,
  query: Readonly<{ after?: number; service?: string; sinceMs?: number }>,
): boolean {
  return (
    event.seq > (query.after ?? -1) &&
    (query.service === undefined || event.service === query.service) &&
    (query.sinceMs === undefined || Date.parse(event.at) >= query.sinceMs)
  );
}
