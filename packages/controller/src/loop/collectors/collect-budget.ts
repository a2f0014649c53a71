/**
 * What collection may cost, and what it gives up first when it costs more.
 *
 * Each collector's CPU time on the event loop is booked, the loop's own taking-in of observations
 * included. Past the limit over a window of 10 s the level of shedding rises: dear looks become
 * rarer and fewer log lines are read; what is shed is said. Below half of the limit it falls again,
 * one level a window, so that it does not swing. Supervision and probes are never shed.
 */
import { threadCpuMs } from '../../cpu-time.ts';

export type CollectBudget = Readonly<{
  /** Runs `work` and books its time on `name`. */
  spend<T>(name: string, work: () => T): T;
  /** 0: all is collected; each level above doubles the gaps between looks and halves the lines. */
  level(): number;
  stop(): void;
}>;

export type Shed = Readonly<{
  level: number;
  /** Share of one core over the window. */
  share: number;
  limit: number;
  /** The collector that took most. */
  dearest: string;
}>;

export type BudgetOptions = Readonly<{
  /** Share of one core; 0.04 unless told. */
  limit?: number;
  windowMs?: number;
  onShed: (shed: Shed) => void;
}>;

const maxLevel = 4;
const defaultLimit = 0.04;
const defaultWindowMs = 10_000;

export function openBudget(options: BudgetOptions): CollectBudget {
  const limit = options.limit ?? defaultLimit;
  const windowMs = options.windowMs ?? defaultWindowMs;
  const spent = new Map<string, number>();
  let level = 0;
  let inside = 0;
  let sinceMs = performance.now();
  const close = (): void => {
    const nowMs = performance.now();
    const { share, dearest } = closeBooks(spent, nowMs - sinceMs);
    sinceMs = nowMs;
    const next = nextLevel(level, share / limit);
    if (next === level) return;
    level = next;
    options.onShed({ level, share, limit, dearest });
  };
  const timer = setInterval(close, windowMs).unref();
  return {
    spend(name, work) {
      // Work inside work is booked once, on the one who began it.
      if (inside > 0) return work();
      const beganMs = threadCpuMs();
      inside += 1;
      try {
        return work();
      } finally {
        inside -= 1;
        spent.set(name, (spent.get(name) ?? 0) + threadCpuMs() - beganMs);
      }
    },
    level: () => level,
    stop: () => clearInterval(timer),
  };
}

function closeBooks(
  spent: Map<string, number>,
  windowMs: number,
): Readonly<{ share: number; dearest: string }> {
  let total = 0;
  let dearest = '';
  for (const [name, ms] of spent) {
    total += ms;
    if (ms > (spent.get(dearest) ?? 0)) dearest = name;
  }
  spent.clear();
  return { share: total / Math.max(1, windowMs), dearest };
}

/** `use`: what was spent, in limits. */
function nextLevel(level: number, use: number): number {
  if (use > 1) return Math.min(maxLevel, level + 1);
  return use < 0.5 ? Math.max(0, level - 1) : level;
}
