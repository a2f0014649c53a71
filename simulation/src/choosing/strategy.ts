/**
 * Ways to choose: a fixed ladder (cheapest action first, whatever the cause), the author's ranking
 * (likeliest first, as guessed), and ours, which is the loop's own code.
 */
import type { World } from './world.ts';
import { actions } from './world.ts';

/** One incident as a strategy sees it. */
export type Case = Readonly<{ stated: number; confidence: number; draw: number }>;

export type Tried = Readonly<{
  action: number;
  cured: boolean;
  harmed: boolean;
  durationS: number;
}>;

export type Strategy = Readonly<{
  name: string;
  /** The next action; null: a person. */
  choose(incident: Case, tried: readonly Tried[]): number | null;
  /** Learns from an attempt. */
  learn(incident: Case, tried: Tried): void;
}>;

/** All give up after so many attempts, as the loop does. */
const mostAttempts = 3;

export function fixedLadder(): Strategy {
  const order = actions.map((_, action) => action);
  return inOrder('fixed ladder', () => order);
}

export function authorsRanking({ guesses }: World): Strategy {
  const orders = guesses.map((row) =>
    row.map((_, action) => action).toSorted((a, b) => row[b]! - row[a]!),
  );
  return inOrder("author's ranking", ({ stated }) => orders[stated]!);
}

function inOrder(name: string, orderOf: (incident: Case) => readonly number[]): Strategy {
  return {
    name,
    choose: (incident, tried) =>
      tried.length >= mostAttempts ? null : (orderOf(incident)[tried.length] ?? null),
    learn: () => {},
  };
}
