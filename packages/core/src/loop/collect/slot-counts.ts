/** How often something happened, by 10 s slots of the last hour; empty slots cost nothing. */

export type SlotCounts = {
  /** Numbers of the slots since the epoch, rising, and what fell into each. */
  readonly slots: number[];
  readonly counts: number[];
};

export const slotMs = 10_000;
const mostSlots = 361;
/** Old slots are let go in bulk. */
const slack = 64;

export function openCounts(): SlotCounts {
  return { slots: [], counts: [] };
}

export function countAt({ slots, counts }: SlotCounts, atMs: number): void {
  const last = slots.length - 1;
  const slot = Math.floor(atMs / slotMs);
  if (last >= 0 && slot <= slots[last]!) {
    counts[last] = counts[last]! + 1;
    return;
  }
  slots.push(slot);
  counts.push(1);
  if (slots.length <= mostSlots + slack) return;
  slots.splice(0, slack);
  counts.splice(0, slack);
}

/** In slots that begin within [sinceMs, untilMs). */
export function countBetween(
  { slots, counts }: SlotCounts,
  sinceMs: number,
  untilMs: number,
): number {
  let sum = 0;
  for (let at = slots.length - 1; at >= 0; at -= 1) {
    const beginMs = slots[at]! * slotMs;
    if (beginMs < sinceMs) break;
    if (beginMs < untilMs) sum += counts[at]!;
  }
  return sum;
}

/** Adds what `other` counted. */
export function joinCounts(one: SlotCounts, other: SlotCounts): void {
  const sums = new Map<number, number>();
  for (const { slots, counts } of [one, other]) {
    slots.forEach((slot, at) => sums.set(slot, (sums.get(slot) ?? 0) + counts[at]!));
  }
  const all = [...sums].toSorted(([a], [b]) => a - b).slice(-mostSlots);
  one.slots.splice(0, one.slots.length, ...all.map(([slot]) => slot));
  one.counts.splice(0, one.counts.length, ...all.map(([, count]) => count));
}
