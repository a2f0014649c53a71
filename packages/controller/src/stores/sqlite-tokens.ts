/** Tokens and remembered answers in SQLite. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { Role, Store, TokenRow } from '../store.ts';

const answerKeptMs = 86_400_000;

export function sqliteTokens(
  db: DatabaseSync,
): Pick<Store, 'tokens' | 'saveToken' | 'removeToken' | 'answer' | 'saveAnswer'> {
  return {
    tokens: () => db.prepare('SELECT * FROM token ORDER BY created_at_ms').all().map(tokenOf),
    saveToken(row) {
      db.prepare(
        'INSERT OR REPLACE INTO token (id, hash, role, once, created_at_ms, expires_at_ms, last_used_at_ms) ' +
          'VALUES (?, ?, ?, ?, ?, ?, ?)',
      ).run(
        row.id,
        row.hash,
        row.role,
        row.once ? 1 : 0,
        row.createdAtMs,
        row.expiresAtMs,
        row.lastUsedAtMs,
      );
    },
    removeToken: (id) => void db.prepare('DELETE FROM token WHERE id = ?').run(id),
    answer(key) {
      const row = db.prepare('SELECT fingerprint, status, body FROM answer WHERE key = ?').get(key);
      if (row === undefined) return null;
      return {
        fingerprint: String(row['fingerprint']),
        status: Number(row['status']),
        body: String(row['body']),
      };
    },
    saveAnswer(key, { fingerprint, status, body }, nowMs) {
      db.prepare('DELETE FROM answer WHERE at_ms < ?').run(nowMs - answerKeptMs);
      db.prepare(
        'INSERT OR REPLACE INTO answer (key, fingerprint, status, body, at_ms) VALUES (?, ?, ?, ?, ?)',
      ).run(key, fingerprint, status, body, nowMs);
    },
  };
}

function tokenOf(row: Record<string, SQLOutputValue>): TokenRow {
  return {
    id: String(row['id']),
    hash: String(row['hash']),
    role: String(row['role']) as Role,
    once: Number(row['once']) === 1,
    createdAtMs: Number(row['created_at_ms']),
    expiresAtMs: time(row['expires_at_ms']),
    lastUsedAtMs: time(row['last_used_at_ms']),
  };
}

function time(value: SQLOutputValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
