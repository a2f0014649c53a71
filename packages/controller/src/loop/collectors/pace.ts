/**
 * Repeats a look so that it keeps to a share of one core: what took 1 ms comes again after 10 s.
 * Each level of shedding doubles the gaps. One look at a time.
 */
import { threadCpuMs } from '../../cpu-time.ts';
import type { Disposer } from '../../parts.ts';
import type { CollectBudget } from './collect-budget.ts';

export type Pace = Readonly<{
  name: string;
  /** At least this long between two looks. */
  everyMs: number;
  budget: CollectBudget;
  /** Time on the event loop is what counts; what it awaits is not booked. */
  look: () => void | Promise<void>;
  /** Share of one core; a ten-thousandth unless told. */
  share?: number;
}>;

const defaultShare = 1 / 10_000;
const maxGapMs = 600_000;

export function startPaced({ name, everyMs, budget, look, share = defaultShare }: Pace): Disposer {
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  const turn = async (): Promise<void> => {
    let costMs = 0;
    const work = budget.spend(name, () => {
      const beganMs = threadCpuMs();
      const begun = look();
      costMs = threadCpuMs() - beganMs;
      return begun;
    });
    // One look that failed tells nothing; the next one comes.
    await Promise.resolve(work).catch(() => undefined);
    if (stopped) return;
    const gapMs = Math.max(everyMs, costMs / share) * 2 ** budget.level();
    timer = setTimeout(() => void turn(), Math.min(maxGapMs, gapMs)).unref();
  };
  timer = setTimeout(() => void turn(), 0).unref();
  return () => {
    stopped = true;
    if (timer !== null) clearTimeout(timer);
  };
}
