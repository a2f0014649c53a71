/**
 * Time that jumps from one happening to the next, in a fixed order.
 *
 * Monotonic and wall clock are apart, as in the real world: the wall clock may be set, the
 * monotonic one only advances. Happenings of one instant run in the order they were planned.
 */
export type Happening = { readonly atMs: number; readonly seq: number; act: (() => void) | null };

export type VirtualClock = {
  nowMs: number;
  /** Wall clock minus monotonic clock. */
  wallOffsetMs: number;
  planned: number;
  readonly heap: Happening[];
};

export function createClock(): VirtualClock {
  return { nowMs: 1_000_000, wallOffsetMs: 1_790_000_000_000, planned: 0, heap: [] };
}

export function plan(clock: VirtualClock, delayMs: number, act: () => void): Happening {
  clock.planned += 1;
  const happening = { atMs: clock.nowMs + Math.max(0, delayMs), seq: clock.planned, act };
  const { heap } = clock;
  let at = heap.length;
  heap.push(happening);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(happening, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = happening;
  return happening;
}

/** Stays in the queue until its time, but does nothing then. */
export function cancel(happening: Happening): void {
  happening.act = null;
}

/** Runs the next happening not later than `untilMs`; false when there is none. */
export function runNext(clock: VirtualClock, untilMs: number): boolean {
  const next = clock.heap[0];
  if (next === undefined || next.atMs > untilMs) {
    clock.nowMs = Math.max(clock.nowMs, untilMs);
    return false;
  }
  takeFirst(clock.heap);
  clock.nowMs = next.atMs;
  next.act?.();
  return true;
}

function takeFirst(heap: Happening[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.seq < b.seq);
}
