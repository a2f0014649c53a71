/** One report to `POST /api/v1/errors`, cleaned: redacted, cut, and with its fingerprint. */
import { errorFingerprint } from '@fettle/core/loop/collect/error-fingerprint';
import { conceal } from '../conceal.ts';

/** As it was sent; longer texts than these are cut, not refused: the sender is in trouble already. */
export type SentError = Readonly<{
  message: string;
  stack?: string | undefined;
  fingerprint?: string | undefined;
  release?: string | undefined;
  service?: string | undefined;
}>;

export type ErrorReport = Readonly<{
  /** When we took it, epoch ms. */
  atMs: number;
  /** null: the sender did not say. */
  service: string | null;
  fingerprint: string;
  message: string;
  stack: string | null;
  release: string | null;
}>;

const maxMessage = 2_000;
const maxStack = 16_000;

export function cleanError(sent: SentError, atMs: number): ErrorReport {
  const message = conceal(sent.message.slice(0, maxMessage));
  const stack = sent.stack === undefined ? null : conceal(sent.stack.slice(0, maxStack));
  const service = sent.service ?? null;
  const release = sent.release === undefined ? null : conceal(sent.release);
  const said = sent.fingerprint === undefined ? null : conceal(sent.fingerprint);
  const fingerprint = said ?? errorFingerprint({ message, stack, service });
  return { atMs, service, fingerprint, message, stack, release };
}
