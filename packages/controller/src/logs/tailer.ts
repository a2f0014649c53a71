/**
 * Follows the spools of all live runs at a cost that does not grow with the number of writes.
 *
 * A quiet file costs one inotify watch. The first write drops that watch and puts the run among
 * the hot ones, which are looked at every 25 ms until they rest for a second: under a flood an
 * event per write would cost more than reading the lines (network drivers do the same, "NAPI").
 * A slow sweep catches what a watch missed. Reading goes in slices of 4 ms of the event loop.
 * Source: Linux `Documentation/networking/napi.rst`; inotify(7) on lost events.
 */
import { statSync, watch, type FSWatcher } from 'node:fs';
import { runFiles, type RunFiles } from './log-folder.ts';
import { lineFeed, type LineFeed } from './line-feed.ts';
import { runTail, type RunTail } from './run-tail.ts';

const HOT_TICK_MS = 25;
const COLD_AFTER_TICKS = 40;
const SWEEP_MS = 5_000;
const WATCHED_SWEEPS = 24;
const SLICE_MS = 4;
/** After its end a run may still be written to by what it left behind. */
const AFTERLIFE_MS = 5_000;

type Followed = {
  readonly tail: RunTail;
  watcher: FSWatcher | null;
  hot: boolean;
  idleTicks: number;
  endedAtMs: number | null;
};

export type TailerOptions = Readonly<{
  logsDir: string;
  now: () => number;
  /** Where reading of a run begins when its index is empty or behind: after what was dropped. */
  firstOffset: (run: RunFiles) => number;
  /** The file is shorter than what was read: somebody cut it. Returns where to go on. */
  onCut: (run: RunFiles, seenTo: number) => number;
}>;

export type Tailer = Readonly<{
  follow(instance: string, token: string): void;
  /** The run ended; followed a little longer, then let go. */
  ended(instance: string, token: string): void;
  /** Whole lines were read from a run. */
  onGrowth(listener: (run: RunFiles, size: number) => void): () => void;
  tailOf(token: string): RunTail | null;
  feed: LineFeed;
  /** Reads all that is there now; resolves when every followed run is caught up. */
  catchUp(): Promise<void>;
  stop(): Promise<void>;
}>;

/** Is the file of another size than at the last look? */
function hasMoved({ run, size }: RunTail): boolean {
  return (statSync(run.spool, { throwIfNoEntry: false })?.size ?? 0) !== size();
}

export function tailer(options: TailerOptions): Tailer {
  const runs = new Map<string, Followed>();
  const growth = new Set<(run: RunFiles, size: number) => void>();
  const feed = lineFeed(options.now);
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  let sweeps = 0;
  let pumping: Promise<void> | null = null;

  const heat = (followed: Followed): void => {
    followed.watcher?.close();
    followed.watcher = null;
    followed.hot = true;
    followed.idleTicks = 0;
    if (timer === null && !stopped) timer = setTimeout(() => void tick(), HOT_TICK_MS).unref();
  };
  const cool = (followed: Followed): void => {
    followed.hot = false;
    followed.tail.rest();
    try {
      followed.watcher = watch(followed.tail.run.spool, { persistent: false }, () => {
        if (!followed.hot) wake(followed);
      });
      followed.watcher.on('error', () => heat(followed));
    } catch {
      followed.watcher = null; // no watch to be had (limit reached, file not there): the sweep looks
    }
    if (grown(followed)) heat(followed);
    else followed.tail.rest();
  };
  const wake = (followed: Followed): void => {
    heat(followed);
    void pumpAll();
  };
  const grown = (followed: Followed): boolean => {
    const { tail } = followed;
    const hasGrown = tail.look(options.now());
    if (tail.size() < tail.offset()) {
      tail.skipTo(options.onCut(tail.run, tail.offset()));
      return tail.look(options.now());
    }
    return hasGrown;
  };
  const pumpOnce = async (): Promise<void> => {
    for (const followed of [...runs.values()].filter(({ hot }) => hot)) {
      const before = followed.tail.offset();
      if (!grown(followed)) followed.idleTicks++;
      else await pumpRun(followed.tail);
      if (followed.tail.offset() === before) continue;
      followed.idleTicks = 0;
      for (const listener of growth) listener(followed.tail.run, followed.tail.offset());
    }
  };
  const pumpRun = async (tail: RunTail): Promise<void> => {
    for (;;) {
      const sliceEndMs = performance.now() + SLICE_MS;
      const isDone = tail.pump(options.now(), () => performance.now() < sliceEndMs);
      if (isDone || stopped) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const pumpAll = (): Promise<void> =>
    (pumping ??= pumpOnce().finally(() => {
      pumping = null;
    }));
  const tick = async (): Promise<void> => {
    timer = null;
    await pumpAll();
    let hot = 0;
    for (const followed of runs.values()) {
      if (followed.hot && followed.idleTicks >= COLD_AFTER_TICKS) cool(followed);
      if (followed.hot) hot++;
    }
    if (hot > 0 && !stopped && timer === null)
      timer = setTimeout(() => void tick(), HOT_TICK_MS).unref();
  };
  const sweep = (): void => {
    sweeps++;
    for (const [token, followed] of runs) {
      // A watch seldom misses: what has one is looked at more rarely, with a single call.
      const isDue = followed.watcher === null || sweeps % WATCHED_SWEEPS === 0;
      if (!followed.hot && (isDue || followed.endedAtMs !== null) && hasMoved(followed.tail))
        wake(followed);
      if (followed.hot || followed.endedAtMs === null) continue;
      if (options.now() - followed.endedAtMs < AFTERLIFE_MS) continue;
      followed.watcher?.close();
      followed.tail.finish();
      runs.delete(token);
    }
  };
  const sweeper = setInterval(sweep, SWEEP_MS).unref();

  return {
    feed,
    tailOf: (token) => runs.get(token)?.tail ?? null,
    follow(instance, token) {
      if (runs.has(token) || stopped) return;
      const run = runFiles(options.logsDir, instance, token);
      const onLines = feed.take.bind(null, run);
      const tail = runTail(run, options.firstOffset(run), onLines);
      const followed = { tail, watcher: null, hot: true, idleTicks: 0, endedAtMs: null };
      runs.set(token, followed);
      wake(followed);
    },
    ended(instance, token) {
      const followed = runs.get(token);
      if (followed === undefined || followed.endedAtMs !== null) return;
      followed.endedAtMs = options.now();
      wake(followed);
    },
    onGrowth(listener) {
      growth.add(listener);
      return () => growth.delete(listener);
    },
    async catchUp() {
      await pumping;
      for (const followed of runs.values()) if (!followed.hot && grown(followed)) heat(followed);
      await pumpAll();
    },
    async stop() {
      stopped = true;
      clearInterval(sweeper);
      if (timer !== null) clearTimeout(timer);
      await pumping;
      for (const followed of runs.values()) {
        followed.watcher?.close();
        followed.tail.finish();
      }
      runs.clear();
    },
  };
}
