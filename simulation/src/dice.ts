/** Seeded chance: everything random in a simulation comes from one of these. */
import { createPrng, nextRandom, type Prng } from '@fettle/core/supervise/prng';

export type Dice = Readonly<{
  /** Uniform in [0, 1). */
  next(): number;
  /** Integer, both ends included. */
  int(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Exponentially distributed with this mean: times between independent faults. */
  waitMs(meanMs: number): number;
}>;

export function createDice(seed: string): Dice {
  const prng: Prng = createPrng(seed);
  const next = () => nextRandom(prng);
  return {
    next,
    int: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (probability) => next() < probability,
    pick: (from) => from[Math.floor(next() * from.length)]!,
    waitMs: (meanMs) => Math.max(1, Math.round(-Math.log(1 - next()) * meanMs)),
  };
}
