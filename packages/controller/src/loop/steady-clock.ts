/**
 * Epoch ms that never jump while we live: the wall clock as it was at the start, moved on by the
 * monotonic clock. A wall clock that is set back or forth must not end a cooldown or a window.
 */
export function steadyClock(): () => number {
  const offsetMs = Date.now() - performance.now();
  return () => performance.now() + offsetMs;
}
