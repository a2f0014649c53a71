/** A store that forgets: for tests, and when the state folder cannot be written. Bounded by prune. */
import type { StackEvent } from '@fettle/sdk/api/documents';
import type {
  Cursor,
  ErrorCursor,
  ErrorGroupRow,
  EventQuery,
  SavedAnswer,
  SavedState,
  Store,
  TokenRow,
} from '../store.ts';
import { chainHash, chainStart } from './audit-chain.ts';

const maxErrorGroups = 1_000;
const answerKeptMs = 86_400_000;

type Kept = Readonly<{ event: StackEvent; key: string | null; hash: string }>;

export function memoryStore(): Store {
  let rows: Kept[] = [];
  let anchor = chainStart;
  let last = 0;
  let cursor: Cursor | null = null;
  const keys = new Set<string>();
  const states = new Map<string, SavedState>();
  const tokens = new Map<string, TokenRow>();
  const records = new Map<string, { kind: string; id: string; body: string; atMs: number }>();
  const answers = new Map<string, SavedAnswer & { atMs: number }>();
  return {
    append(added, next) {
      const fresh = added.filter(({ key }, index) => isNew(keys, added, key, index));
      for (const { event, key } of fresh) {
        const hash = chainHash(rows.at(-1)?.hash ?? anchor, event);
        rows.push({ event, key, hash });
        if (key !== null) keys.add(key);
        last = Math.max(last, event.seq);
      }
      cursor = next ?? cursor;
      return fresh.map(({ event }) => event);
    },
    events: (query) => select(rows, query),
    lastSeq: () => last,
    prune({ beforeMs, keep }) {
      const tooMany = Math.max(0, rows.length - keep);
      const young = rows.findIndex(({ event }) => Date.parse(event.at) >= beforeMs);
      const count = Math.max(tooMany, young === -1 ? rows.length : young);
      const dropped = rows.slice(0, count);
      rows = rows.slice(count);
      anchor = dropped.at(-1)?.hash ?? anchor;
      for (const { key } of dropped) if (key !== null) keys.delete(key);
      return count;
    },
    cursor: () => cursor,
    verifyChain() {
      let previous = anchor;
      for (const { event, hash } of rows) {
        if (chainHash(previous, event) !== hash)
          return { ok: false, rows: rows.length, brokenAtSeq: event.seq };
        previous = hash;
      }
      return { ok: true, rows: rows.length, brokenAtSeq: null };
    },
    states: () => [...states.values()],
    saveStates(saved) {
      states.clear();
      for (const state of saved) states.set(state.service, state);
    },
    tokens: () => [...tokens.values()],
    saveToken: (row) => void tokens.set(row.id, row),
    removeToken: (id) => void tokens.delete(id),
    answer(key) {
      const found = answers.get(key);
      if (found === undefined) return null;
      return { fingerprint: found.fingerprint, status: found.status, body: found.body };
    },
    saveAnswer(key, answer, nowMs) {
      for (const [old, { atMs }] of answers) if (nowMs - atMs > answerKeptMs) answers.delete(old);
      answers.set(key, { ...answer, atMs: nowMs });
    },
    keepRecords(kept, nowMs) {
      for (const { kind, id, body } of kept) {
        const key = `${kind}:${id}`;
        records.delete(key);
        if (body !== null) records.set(key, { kind, id, body: JSON.stringify(body), atMs: nowMs });
      }
    },
    records: (wanted, sinceMs = 0) =>
      [...records.values()]
        .filter(({ kind, atMs }) => kind === wanted && atMs >= sinceMs)
        .map(({ kind, id, body }) => ({ kind, id, body: JSON.parse(body) })),
    ...memoryErrors(),
    sizeBytes: () => 0,
    close: () => Promise.resolve(),
  };
}

function memoryErrors(): Pick<Store, 'addErrors' | 'errorCursor' | 'errorGroups' | 'errorCount'> {
  const groups = new Map<string, ErrorGroupRow>();
  let count = 0;
  let cursor: ErrorCursor | null = null;
  return {
    addErrors(rows, next) {
      for (const { atMs, ...row } of rows) {
        const key = `${row.service ?? ''}\0${row.fingerprint}`;
        const known = groups.get(key);
        groups.delete(key);
        groups.set(key, {
          ...row,
          stack: row.stack ?? known?.stack ?? null,
          release: row.release ?? known?.release ?? null,
          count: (known?.count ?? 0) + 1,
          firstMs: Math.min(known?.firstMs ?? atMs, atMs),
          lastMs: Math.max(known?.lastMs ?? atMs, atMs),
        });
        const [oldest] = groups.keys();
        if (groups.size > maxErrorGroups && oldest !== undefined) groups.delete(oldest);
      }
      count += rows.length;
      cursor = next;
    },
    errorCursor: () => cursor,
    errorGroups: ({ service, sinceMs = 0, limit }) =>
      [...groups.values()]
        .filter((one) => one.lastMs >= sinceMs && (service ?? one.service) === one.service)
        .toSorted((one, other) => other.lastMs - one.lastMs || other.count - one.count)
        .slice(0, limit),
    errorCount: () => count,
  };
}

function isNew(
  keys: ReadonlySet<string>,
  added: readonly Readonly<{ key: string | null }>[],
  key: string | null,
  index: number,
): boolean {
  if (key === null) return true;
  return !keys.has(key) && added.findIndex((row) => row.key === key) === index;
}

function select(rows: readonly Kept[], query: EventQuery): readonly StackEvent[] {
  const fitting = rows
    .map(({ event }) => event)
    .filter(
      (event) =>
        event.seq > (query.after ?? -1) &&
        event.seq < (query.before ?? Infinity) &&
        (query.service === undefined || event.service === query.service) &&
        (query.sinceMs === undefined || Date.parse(event.at) >= query.sinceMs),
    );
  if (query.from === 'oldest') return fitting.slice(0, query.limit);
  return fitting.slice(Math.max(0, fitting.length - query.limit));
}
