/**
 * Ranks who may be the origin by figures alone: whose figures left their usual range, move with the
 * figure that suffers, and have no dependency that is stranger still.
 *
 * The intuition: trouble travels from a dependency to those that need it, and loses strength on the
 * way; so the deepest strange one is the best guess, and one that merely moves along is not. Needs
 * no traces of calls, only a graph and figures. Source: the ranked correlation of the petshop set
 * (Hardt et al., CLeaR 2024), made robust and told to look below.
 */

/** Values in equal steps, oldest first; null where there was none. */
export type Figure = Readonly<{
  /** Figures of the same kind are compared: `latency`, `cpu`. */
  kind: string;
  /** How much this kind tells, 1 is usual. */
  weight: number;
  usual: readonly (number | null)[];
  lately: readonly (number | null)[];
}>;

export type SuspicionAsked = Readonly<{
  /** Where it hurts, and the figure that shows it. */
  target: string;
  hurts: string;
  figures: ReadonlyMap<string, readonly Figure[]>;
  /** Direct dependencies. */
  needs(name: string): readonly string[];
}>;

export type Suspect = Readonly<{ name: string; score: number }>;

/** How far lately is from usual: robust z with a floor, as a logarithm; 0: nothing strange. */
export function strangeness({ usual, lately }: Figure): number {
  const past = known(usual);
  const now = known(lately);
  if (past.length < 4 || now.length === 0) return 0;
  const centre = middle(past);
  const spread = 1.4826 * middle(past.map((value) => Math.abs(value - centre)));
  const floor = Math.max(Math.abs(centre) * 0.005, range(past) * 0.05, 1e-9);
  const most = Math.max(...now.map((value) => Math.abs(value - centre)));
  const mean = Math.abs(now.reduce((sum, value) => sum + value, 0) / now.length - centre);
  return Math.log1p((0.5 * most + 0.5 * mean) / Math.max(spread, floor));
}

/** Pearson's correlation of the steps that both have, 0 when there are too few. */
export function together(
  one: readonly (number | null)[],
  other: readonly (number | null)[],
): number {
  const pairs = one.flatMap((value, index) => {
    const beside = other[index] ?? null;
    return value === null || beside === null ? [] : [[value, beside] as const];
  });
  if (pairs.length < 4) return 0;
  const meanA = pairs.reduce((sum, [a]) => sum + a, 0) / pairs.length;
  const meanB = pairs.reduce((sum, [, b]) => sum + b, 0) / pairs.length;
  let [ab, aa, bb] = [0, 0, 0];
  for (const [a, b] of pairs) {
    ab += (a - meanA) * (b - meanB);
    aa += (a - meanA) ** 2;
    bb += (b - meanB) ** 2;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

/** Best first. */
export function rankSuspects(asked: SuspicionAsked): readonly Suspect[] {
  const { target, hurts, figures, needs } = asked;
  const reach = reachOf(target, needs);
  const pain = figures.get(target)?.find(({ kind }) => kind === hurts) ?? null;
  const guilt = new Map([...figures].map(([name, own]) => [name, guiltOf(own, pain)] as const));
  const scored = [...figures.keys()].map((name) => {
    const own = guilt.get(name) ?? 0;
    const below = Math.max(0, ...needs(name).map((other) => guilt.get(other) ?? 0));
    // What a dependency explains is not its own.
    const left = own - explained * Math.min(own, below);
    const steps = reach.get(name);
    return {
      name,
      score: steps === undefined ? left * unreached : steps === 0 ? left * shown : left,
    };
  });
  return scored.toSorted((a, b) => b.score - a.score);
}

const explained = 0.3;
/** Nobody who hurts needs it, as far as the graph tells. */
const unreached = 0.3;
/** Where it shows is seldom where it sits. */
const shown = 0.8;
/** Beyond this it is strange enough. */
const strangeFrom = 3;

/** Strange, and moving with the pain. */
function guiltOf(own: readonly Figure[], pain: Figure | null): number {
  const scores = own.map((figure) => {
    const strange = strangeness(figure);
    // Without a figure of the pain the strangest is the best guess.
    if (pain === null) return figure.weight * strange;
    const moves = Math.max(0, together(figure.lately, pain.lately));
    return figure.weight * (0.25 + 0.75 * moves) * Math.min(1, strange / strangeFrom);
  });
  return Math.max(0, ...scores);
}

function reachOf(
  target: string,
  needs: (name: string) => readonly string[],
): ReadonlyMap<string, number> {
  const steps = new Map([[target, 0]]);
  for (const [name, far] of steps)
    for (const next of needs(name)) if (!steps.has(next)) steps.set(next, far + 1);
  return steps;
}

function known(values: readonly (number | null)[]): readonly number[] {
  return values.filter((value) => value !== null);
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function range(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return at(0.95) - at(0.05);
}
