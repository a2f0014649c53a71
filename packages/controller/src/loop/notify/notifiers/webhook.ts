/**
 * Posts an event to a URL, signed as Standard Webhooks says: HMAC-SHA256 over `id.timestamp.body`,
 * so that a receiver can tell that it is ours, whole and recent.
 *
 * Redirects are not followed: they may lead where the user never pointed us.
 * Sources: Standard Webhooks specification 1.0; CloudEvents HTTP binding 1.0.2; RFC 9110 (429, 410,
 * Retry-After).
 */
import { createHmac } from 'node:crypto';
import type { Notifier, Sent } from '../notifier.ts';

const longestPatienceMs = 3_600_000;

export const webhook: Notifier = {
  name: 'webhook',
  async send({ id, body, to, secret, nowMs, signal }) {
    const timestamp = String(Math.floor(nowMs / 1_000));
    const headers: Record<string, string> = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
    };
    if (secret !== null) headers['webhook-signature'] = sign(secret, `${id}.${timestamp}.${body}`);
    try {
      const answer = await fetch(to, { method: 'POST', headers, body, redirect: 'manual', signal });
      await answer.body?.cancel();
      return sentBy(answer);
    } catch (error) {
      return { kind: 'failed', status: null, error: reasonOf(error), afterMs: null };
    }
  },
};

/** `whsec_` marks a secret in base64, as the specification writes them. */
export function sign(secret: string, content: string): string {
  const key = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret, 'utf8');
  return `v1,${createHmac('sha256', key).update(content, 'utf8').digest('base64')}`;
}

function sentBy({ status, ok, headers }: Response): Sent {
  if (ok) return { kind: 'delivered', status };
  if (status === 410) return { kind: 'gone', status };
  const asked = status === 429 || status === 503 ? patienceOf(headers.get('retry-after')) : null;
  return { kind: 'failed', status, error: `HTTP ${status}`, afterMs: asked };
}

function patienceOf(value: string | null): number | null {
  if (value === null || !/^\d{1,6}$/.test(value.trim())) return null;
  return Math.min(Number(value) * 1_000, longestPatienceMs);
}

function reasonOf(error: unknown): string {
  const { name, cause } = error as Error & Readonly<{ cause?: NodeJS.ErrnoException }>;
  if (name === 'TimeoutError' || name === 'AbortError') return 'no answer in time';
  return cause?.code ?? name;
}
