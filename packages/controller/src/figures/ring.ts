/**
 * Fixed-step figures of one service in memory: 5 s points, rolled up to 10 s, 1 min and 10 min.
 * Each level is a ring of slots addressed by time, so that a gap is a gap and nothing ever grows.
 * Source: the round-robin archives of RRDtool.
 */
export const channels = ['cpuRatio', 'memoryBytes', 'openFiles', 'threads'] as const;
export type Channel = (typeof channels)[number];
export type Point = Readonly<Record<Channel, number | null>>;

type Level = Readonly<{ stepMs: number; slots: number }>;
/** 30 min, 2 h, 24 h, 7 days: 4,128 slots, about 200 kB a service. */
export const levels: readonly Level[] = [
  { stepMs: 5_000, slots: 360 },
  { stepMs: 10_000, slots: 720 },
  { stepMs: 60_000, slots: 1_440 },
  { stepMs: 600_000, slots: 1_008 },
];

export type Ring = Readonly<{
  /** `atMs`: wall clock. Points of one slot are averaged. */
  add(atMs: number, point: Point): void;
  /** The finest level that reaches back to `sinceMs`. */
  read(sinceMs: number, nowMs: number): Reading;
}>;
export type Reading = Readonly<{
  stepMs: number;
  startMs: number;
  values: Readonly<Record<Channel, readonly (number | null)[]>>;
}>;

type Store = Readonly<{
  level: Level;
  /** Which step number each slot holds; -1: none. */
  steps: Float64Array;
  sums: Readonly<Record<Channel, Float64Array>>;
  counts: Readonly<Record<Channel, Uint16Array>>;
}>;

export function createRing(): Ring {
  const stores = levels.map(createStore);
  return {
    add(atMs, point) {
      for (const store of stores) addTo(store, atMs, point);
    },
    read(sinceMs, nowMs) {
      const reach = stores.find(({ level }) => nowMs - sinceMs <= level.stepMs * level.slots);
      return readFrom(reach ?? (stores.at(-1) as Store), sinceMs, nowMs);
    },
  };
}

function createStore(level: Level): Store {
  const floats = (): Float64Array => new Float64Array(level.slots);
  const counters = (): Uint16Array => new Uint16Array(level.slots);
  return {
    level,
    steps: floats().fill(-1),
    sums: { cpuRatio: floats(), memoryBytes: floats(), openFiles: floats(), threads: floats() },
    counts: {
      cpuRatio: counters(),
      memoryBytes: counters(),
      openFiles: counters(),
      threads: counters(),
    },
  };
}

function addTo({ level, steps, sums, counts }: Store, atMs: number, point: Point): void {
  const step = Math.floor(atMs / level.stepMs);
  const slot = step % level.slots;
  if (steps[slot] !== step) {
    steps[slot] = step;
    for (const channel of channels) {
      sums[channel][slot] = 0;
      counts[channel][slot] = 0;
    }
  }
  for (const channel of channels) {
    const value = point[channel];
    if (value === null) continue;
    sums[channel][slot] = (sums[channel][slot] ?? 0) + value;
    counts[channel][slot] = (counts[channel][slot] ?? 0) + 1;
  }
}

function readFrom(store: Store, sinceMs: number, nowMs: number): Reading {
  const { stepMs, slots } = store.level;
  const last = Math.floor(nowMs / stepMs);
  const first = Math.max(Math.floor(sinceMs / stepMs), last - slots + 1);
  const values = (channel: Channel): (number | null)[] => {
    const row: (number | null)[] = [];
    for (let step = first; step <= last; step += 1) {
      const slot = step % slots;
      const count = store.steps[slot] === step ? (store.counts[channel][slot] ?? 0) : 0;
      row.push(count === 0 ? null : (store.sums[channel][slot] ?? 0) / count);
    }
    return row;
  };
  return {
    stepMs,
    startMs: first * stepMs,
    values: {
      cpuRatio: values('cpuRatio'),
      memoryBytes: values('memoryBytes'),
      openFiles: values('openFiles'),
      threads: values('threads'),
    },
  };
}
