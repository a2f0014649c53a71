/**
 * The log of deliveries, in the store before the first attempt: what was not delivered when the
 * controller died is tried again by the next one, and a person can see what reached whom.
 *
 * A receiver's URL may hold a secret, so that a row names it by a hash and shows its host only.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Store } from '../../store.ts';

/**
 * - `waiting`: for its first or its next attempt; `delivered`
 * - `superseded`: a newer message about the same incident goes instead
 * - `given-up`: its time was over, the receiver wants no more, or is configured no longer
 */
const shape = z.object({
  id: z.string(),
  incidentId: z.string(),
  change: z.string(),
  sequence: z.int(),
  receiver: z.string(),
  shown: z.string(),
  state: z.enum(['waiting', 'delivered', 'superseded', 'given-up']),
  attempts: z.int(),
  status: z.int().nullable(),
  error: z.string().nullable(),
  createdMs: z.number(),
  nextMs: z.number(),
  endedMs: z.number().nullable(),
  body: z.string(),
});
export type Delivery = Readonly<z.infer<typeof shape>>;

export type DeliveryLog = Readonly<{
  /** Oldest first. */
  all(): readonly Delivery[];
  /** @throws when the disk does not take it; it counts for this process all the same. */
  put(deliveries: readonly Delivery[]): void;
}>;

const kind = 'delivery';
const keptMs = 7 * 86_400_000;
const maxRows = 2_000;

export function openDeliveryLog(
  store: Pick<Store, 'keepRecords' | 'records'>,
  nowMs: () => number,
): DeliveryLog {
  const rows = new Map<string, Delivery>();
  for (const { body } of store.records(kind)) {
    const row = shape.safeParse(body);
    if (row.success) rows.set(row.data.id, row.data);
  }
  return {
    all: () => [...rows.values()],
    put(deliveries) {
      const gone = outdated(rows, nowMs()).map((id) => ({ kind, id, body: null }));
      const kept = deliveries.map((one) => ({ kind, id: one.id, body: one }));
      // In memory in any case: on a full disk people want to hear of it all the more.
      for (const { id } of gone) rows.delete(id);
      for (const one of deliveries) rows.set(one.id, one);
      store.keepRecords([...kept, ...gone], nowMs());
    },
  };
}

/** Names a receiver without telling its URL. */
export function receiverOf(url: string): string {
  return createHash('sha256').update(url).digest('hex').slice(0, 16);
}

/** `https://hooks.example.org/…` */
export function shownUrl(url: string): string {
  return URL.canParse(url) ? `${new URL(url).origin}/…` : '…';
}

/** The newest row of an incident stays: the next sequence counts from it. */
function outdated(rows: ReadonlyMap<string, Delivery>, nowMs: number): readonly string[] {
  const newest = new Map<string, Delivery>();
  for (const row of rows.values()) {
    const known = newest.get(row.incidentId);
    if (known === undefined || row.sequence >= known.sequence) newest.set(row.incidentId, row);
  }
  const ended = [...rows.values()].filter(({ state }) => state !== 'waiting');
  const surplus = Math.max(0, rows.size - maxRows);
  return ended
    .filter(
      (row, at) =>
        at < surplus ||
        (nowMs - (row.endedMs ?? nowMs) > keptMs && newest.get(row.incidentId) !== row),
    )
    .map(({ id }) => id);
}
