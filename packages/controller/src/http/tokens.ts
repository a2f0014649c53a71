/**
 * Tokens with roles: 32 random bytes, kept as a hash, compared in constant time.
 *
 * A hash without salt suffices, since the token is random and long. A one-time token is exchanged
 * for a session and is gone. Source: OWASP "Session Management Cheat Sheet".
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { Role, Store, TokenRow } from '../store.ts';

export type Issued = Readonly<{ token: string; row: TokenRow }>;

export type Tokens = Readonly<{
  /** The token is told here and never again. `ttlMs` null: until revoked. */
  issue(options: Readonly<{ role: Role; once: boolean; ttlMs: number | null }>): Issued;
  /** The row of a valid token; null otherwise. A one-time token serves `exchange` only. */
  check(token: string): TokenRow | null;
  /** A session of 12 hours for a token; a one-time token ends with it. null: not valid. */
  exchange(token: string): Issued | null;
  revoke(id: string): void;
  count(): number;
}>;

const sessionMs = 12 * 3_600_000;
const maxTokens = 1_000;
const ranks: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

export function roleSuffices(has: Role, needed: Role): boolean {
  return ranks[has] >= ranks[needed];
}

export function createTokens(
  store: Pick<Store, 'tokens' | 'saveToken' | 'removeToken'>,
  nowMs: () => number,
): Tokens {
  let rows = store.tokens();
  const reload = (): void => {
    for (const { id, expiresAtMs } of store.tokens())
      if (expiresAtMs !== null && expiresAtMs <= nowMs()) store.removeToken(id);
    rows = store.tokens();
  };
  const find = (token: string): TokenRow | null => {
    const hash = Buffer.from(hashOf(token), 'hex');
    // All rows are compared, so that the time tells nothing about which one fitted.
    let found: TokenRow | null = null;
    for (const row of rows) if (timingSafeEqual(Buffer.from(row.hash, 'hex'), hash)) found = row;
    if (found === null) return null;
    return found.expiresAtMs !== null && found.expiresAtMs <= nowMs() ? null : found;
  };
  const issue: Tokens['issue'] = ({ role, once, ttlMs }) => {
    reload();
    if (rows.length >= maxTokens)
      throw new FettleError('E-AUTH-TOKENS', `there are ${maxTokens} tokens already`, {
        hint: 'revoke some first',
        status: 409,
      });
    const token = `fettle_${randomBytes(32).toString('base64url')}`;
    const row: TokenRow = {
      id: randomBytes(6).toString('hex'),
      hash: hashOf(token),
      role,
      once,
      createdAtMs: nowMs(),
      expiresAtMs: ttlMs === null ? null : nowMs() + ttlMs,
      lastUsedAtMs: null,
    };
    store.saveToken(row);
    rows = [...rows, row];
    return { token, row };
  };
  const revoke = (id: string): void => {
    store.removeToken(id);
    reload();
  };
  return {
    issue,
    check(token) {
      const row = find(token);
      return row === null || row.once ? null : row;
    },
    exchange(token) {
      const row = find(token);
      if (row === null) return null;
      if (row.once) revoke(row.id);
      return issue({ role: row.role, once: false, ttlMs: sessionMs });
    },
    revoke,
    count: () => rows.length,
  };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
