/**
 * A deadline that is fair to the other side: when it strikes, what already lies in our socket
 * buffers is read first, because it may be we who were late, not they.
 */
export type Deadline = Readonly<{ clear(): void }>;

export function startDeadline(timeoutMs: number, strike: () => void): Deadline {
  let immediate: NodeJS.Immediate | null = null;
  const timer = setTimeout(() => {
    // Timers run before sockets are polled, immediates after: two rounds let an answer through.
    immediate = setImmediate(() => {
      immediate = setImmediate(strike);
    });
  }, timeoutMs);
  return {
    clear() {
      clearTimeout(timer);
      if (immediate !== null) clearImmediate(immediate);
    },
  };
}
