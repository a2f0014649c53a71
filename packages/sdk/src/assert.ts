/** Stops at our own mistakes: one condition each, kept in production. */

/** Thrown when an invariant of ours does not hold. */
export class AssertionError extends Error {}

/** @throws AssertionError when `condition` is false. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new AssertionError(`broken invariant: ${invariant}`);
}
