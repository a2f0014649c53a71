/** The hash of one journal row, given the hash of the row before it. */
import { createHash } from 'node:crypto';
import type { StackEvent } from '@fettle/sdk/api/documents';

/** What the first row ever is chained to. */
export const chainStart = '0'.repeat(64);

/** sha256 over the previous hash and the row's fields in a fixed order, hex. */
export function chainHash(previous: string, event: StackEvent): string {
  const { seq, at, kind, service, instance, severity, text, data } = event;
  const row = JSON.stringify([seq, at, kind, service, instance, severity, text, data]);
  return createHash('sha256').update(previous).update(row).digest('hex');
}
