/** At most so many probes in flight; the others wait their turn in order. */
export type ProbeSlots = Readonly<{
  /** Calls `begin` at once or when a slot is free; `begin` gets the function that gives it back. */
  take(begin: (release: () => void) => void): void;
  waiting(): number;
}>;

export function probeSlots(limit: number): ProbeSlots {
  const queue: ((release: () => void) => void)[] = [];
  let taken = 0;
  const next = (): void => {
    const begin = taken < limit ? queue.shift() : undefined;
    if (begin === undefined) return;
    taken += 1;
    let released = false;
    begin(() => {
      if (released) return;
      released = true;
      taken -= 1;
      next();
    });
  };
  return {
    take(begin) {
      // Bounded by the number of checks: each asks for one slot at a time.
      queue.push(begin);
      next();
    },
    waiting: () => queue.length,
  };
}
