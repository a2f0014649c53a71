/**
 * Fixed-step figures of one service in memory: 5 s points, rolled up to 10 s, 1 min and 10 min.
 * Each level is a ring of slots addressed by time, so that a gap is a gap and nothing ever grows.
 * Source: the round-robin archives of RRDtool.
 */
export const channels = ['cpuRatio', 'memoryBytes', 'openFiles', 'threads'] as const;
export type Channel = (typeof channels)[number];
export type Point = Readonly<Record<Channel, number | null>>;

type Level = Readonly<{ stepMs: number; slots: number }>;
/** 15 min, 1 h, 6 h, 7 days: 1,908 slots, about 42 kB a service. */
export const levels: readonly Level[] = [
  { stepMs: 5_000, slots: 180 },
  { stepMs: 10_000, slots: 360 },
  { stepMs: 60_000, slots: 360 },
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
  steps: Int32Array;
  /** Means; NaN: not known. Single precision is 7 digits, more than a figure of this kind has. */
  means: Readonly<Record<Channel, Float32Array>>;
  /** Points behind each mean. */
  counts: Uint16Array;
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
  const floats = (): Float32Array => new Float32Array(level.slots);
  return {
    level,
    steps: new Int32Array(level.slots).fill(-1),
    means: { cpuRatio: floats(), memoryBytes: floats(), openFiles: floats(), threads: floats() },
    counts: new Uint16Array(level.slots),
  };
}

function addTo({ level, steps, means, counts }: Store, atMs: number, point: Point): void {
  const step = Math.floor(atMs / level.stepMs);
  const slot = step % level.slots;
  const fresh = steps[slot] !== step;
  steps[slot] = step;
  const count = fresh ? 1 : (counts[slot] ?? 0) + 1;
  counts[slot] = count;
  for (const channel of channels) {
    const mean = fresh ? Number.NaN : (means[channel][slot] ?? Number.NaN);
    const value = point[channel] ?? Number.NaN;
    // A figure that was unknown once is known from the next point on.
    if (Number.isNaN(mean)) means[channel][slot] = value;
    else if (!Number.isNaN(value)) means[channel][slot] = mean + (value - mean) / count;
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
      const mean = store.steps[slot] === step ? store.means[channel][slot] : undefined;
      row.push(mean === undefined || Number.isNaN(mean) ? null : mean);
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
