/**
 * What a single line complains of, remembered: the same lines are asked about every second while
 * an incident is open, and a hundred patterns a line would cost more than all else in the loop.
 *
 * The memory changes no answer, it only saves working it out again; it is bounded.
 */
import { complaintKinds, type ComplaintKind } from './complaint-kinds.ts';

const mostShapes = 4_000;
const known = new Map<string, readonly ComplaintKind[]>();

/** Lines that differ in long numbers and times only complain of the same. */
export function kindsOf(text: string): readonly ComplaintKind[] {
  const shape = text.replace(/\d{4,}|\d\d:\d\d:\d\d(?:[.,]\d+)?|0x[\da-f]+/gi, '#');
  const before = known.get(shape);
  if (before !== undefined) return before;
  if (known.size >= mostShapes) {
    const [oldest] = known.keys();
    if (oldest !== undefined) known.delete(oldest);
  }
  const kinds = matchKinds(text);
  known.set(shape, kinds);
  return kinds;
}

/** Waiting for one's own pool or for a lock runs into a time-out as well, and is not one. */
function matchKinds(text: string): readonly ComplaintKind[] {
  const kinds = complaintKinds
    .filter(({ patterns }) => patterns.some((pattern) => pattern.test(text)))
    .map(({ kind }) => kind);
  const sharper = kinds.includes('pool-wait') || kinds.includes('lock');
  return sharper ? kinds.filter((kind) => kind !== 'timeout' && kind !== 'connect-timeout') : kinds;
}
