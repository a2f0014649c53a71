/**
 * What the controller keeps on disk, as a contract; implementations are in `stores/`.
 *
 * Calls are synchronous: one row costs tens of microseconds in WAL mode, and the order of journal
 * rows is the order of the calls. The audit chain is a hash over the rows in order, each hash
 * taking in the one before it, so that a changed or missing row shows. Source: Schneier & Kelsey,
 * "Secure Audit Logs to Support Computer Forensics" (1999), simplified to one chain.
 */
import type { StackEvent } from '@fettle/sdk/api/documents';

/** A journal row to write. */
export type NewEvent = Readonly<{
  event: StackEvent;
  /** Rows with a key that is already there are left out; null: never a duplicate. */
  key: string | null;
}>;

/** Where we are in the supervisor's stream of notices. */
export type Cursor = Readonly<{ epoch: string; seq: number }>;

export type EventQuery = Readonly<{
  /** Rows with a greater seq. */
  after?: number;
  /** Rows with a smaller seq. */
  before?: number;
  service?: string;
  /** Not older than this; epoch ms. */
  sinceMs?: number;
  limit: number;
  /** `oldest`: the first `limit` rows that fit; `newest`: the last. Either way oldest first. */
  from: 'oldest' | 'newest';
}>;

/** The state word of a service and when it began, so that a restarted controller goes on. */
export type SavedState = Readonly<{ service: string; state: string; sinceMs: number }>;

export type Role = 'viewer' | 'operator' | 'admin';

export type TokenRow = Readonly<{
  id: string;
  /** sha256 of the token, hex: the token itself is never stored. */
  hash: string;
  role: Role;
  /** Consumed by its first use. */
  once: boolean;
  createdAtMs: number;
  /** null: until revoked. */
  expiresAtMs: number | null;
  lastUsedAtMs: number | null;
}>;

/** The answer given to an Idempotency-Key. */
export type SavedAnswer = Readonly<{ fingerprint: string; status: number; body: string }>;

/** A record of the healing loop; `body` is plain JSON, null: forget it. */
export type LoopRecord = Readonly<{ kind: string; id: string; body: unknown }>;

/** An error that somebody reported. `service`, `stack`, `release` null: not said. */
export type ErrorRow = Readonly<{
  atMs: number;
  service: string | null;
  fingerprint: string;
  message: string;
  stack: string | null;
  release: string | null;
}>;

/** All reports of one fingerprint and service; the texts are those of the newest. */
export type ErrorGroupRow = Omit<ErrorRow, 'atMs'> &
  Readonly<{ count: number; firstMs: number; lastMs: number }>;

/** Up to where the spool of error reports was taken over. */
export type ErrorCursor = Readonly<{ segment: number; offset: number }>;

export type ChainReport = Readonly<{
  ok: boolean;
  rows: number;
  /** The first row whose hash does not fit; null when all do. */
  brokenAtSeq: number | null;
}>;

export type Store = Readonly<{
  /** All or none. Sets the cursor in the same transaction. Answers the rows that were new. */
  append(rows: readonly NewEvent[], cursor: Cursor | null): readonly StackEvent[];
  events(query: EventQuery): readonly StackEvent[];
  /** 0 when empty; never falls, also when rows are pruned. */
  lastSeq(): number;
  /** Drops the oldest rows: those before `beforeMs`, and all but the newest `keep`. Answers how many. */
  prune(limits: Readonly<{ beforeMs: number; keep: number }>): number;
  cursor(): Cursor | null;
  verifyChain(): ChainReport;
  states(): readonly SavedState[];
  saveStates(states: readonly SavedState[]): void;
  tokens(): readonly TokenRow[];
  saveToken(row: TokenRow): void;
  removeToken(id: string): void;
  answer(key: string): SavedAnswer | null;
  /** Answers older than a day are dropped on the way. */
  saveAnswer(key: string, answer: SavedAnswer, nowMs: number): void;
  /** All or none: what must be on record before an effect. */
  keepRecords(records: readonly LoopRecord[], nowMs: number): void;
  /** Of a kind, those written since `sinceMs`, oldest write first. */
  records(kind: string, sinceMs?: number): readonly LoopRecord[];
  /** All or none, with the place in the spool up to which they reach. */
  addErrors(rows: readonly ErrorRow[], cursor: ErrorCursor): void;
  /** null: nothing was taken over yet. */
  errorCursor(): ErrorCursor | null;
  /** By the newest report, newest first. */
  errorGroups(
    query: Readonly<{ service?: string; sinceMs?: number; limit: number }>,
  ): readonly ErrorGroupRow[];
  /** Reports that are kept. */
  errorCount(): number;
  /** Bytes on disk; 0 for a store in memory. */
  sizeBytes(): number;
  close(): Promise<void>;
}>;
