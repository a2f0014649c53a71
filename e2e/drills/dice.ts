/** Seeded choices: the same seed builds the same stack and throws the same faults at it. */
import { createPrng, nextRandom } from '@fettle/core/supervise/prng';

export type Dice = Readonly<{
  /** Whole number, both ends included. */
  between(from: number, to: number): number;
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  shuffle<T>(list: readonly T[]): readonly T[];
  /** Independent dice, so that one more throw here changes nothing there. */
  fork(name: string): Dice;
}>;

export function rollDice(seed: string): Dice {
  const prng = createPrng(seed);
  // The first numbers of close seeds resemble each other.
  for (let warm = 0; warm < 8; warm += 1) nextRandom(prng);
  const between = (from: number, to: number): number =>
    from + Math.floor(nextRandom(prng) * (to - from + 1));
  return {
    between,
    chance: (share) => nextRandom(prng) < share,
    pick<T>(list: readonly T[]): T {
      if (list.length === 0) throw new RangeError('nothing to pick from');
      return list[between(0, list.length - 1)] as T;
    },
    shuffle<T>(list: readonly T[]): readonly T[] {
      return list
        .map((one) => ({ one, rank: nextRandom(prng) }))
        .toSorted((a, b) => a.rank - b.rank)
        .map(({ one }) => one);
    },
    fork: (name) => rollDice(`${seed}/${name}`),
  };
}
