/** Turns a failed connection into a clause for people, and tells absence from silence. */
import { addressText } from './address.ts';
import type { Address, Seen } from './probe.ts';

const silentCodes = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN']);
const absentCodes = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN']);

export function seenFromError(error: NodeJS.ErrnoException, address: Address): Seen {
  const code = firstCode(error);
  if (code === null) return { ok: false, detail: error.message, answer: 'answered' };
  const detail = `${code} ${addressText(address)}`;
  if (absentCodes.has(code)) return { ok: false, detail, answer: 'absent' };
  // A reset is an answer: somebody's kernel or program is awake there.
  return { ok: false, detail, answer: silentCodes.has(code) ? 'silent' : 'answered' };
}

function firstCode(error: NodeJS.ErrnoException): string | null {
  if (error instanceof AggregateError) {
    const inner: unknown = error.errors[0];
    return inner instanceof Error ? firstCode(inner) : null;
  }
  return error.code ?? null;
}
