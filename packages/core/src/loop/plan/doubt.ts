/**
 * How far a diagnosis may be trusted, and what that makes of a remedy's odds.
 *
 * A remedy may help although the cause is another one: a wrong diagnosis leaves it the chance of
 * a shot in the dark, not none. Without that, one failed attempt would make every other remedy look
 * hopeless: in simulation 503 instead of 410 s an incident (`npm run choosing`). Bayes' rule
 * for the rest. Why 0.3: docs/decisions/0010.
 */

/** How often a remedy helps against a cause that it was not chosen for. */
const byChance = 0.3;

/** Odds of a cure; `chance`: that of the remedy where the diagnosis is right. All 0-1. */
export function oddsOfCure(chance: number, confidence: number): number {
  return chance * confidence + byChance * (1 - confidence);
}

/**
 * The better a failed attempt's odds were, the more its failure speaks against the assumed cause.
 * `chances`: of the failed attempts, had the diagnosis been right.
 */
export function confidenceAfter(confidence: number, chances: readonly number[]): number {
  return chances.reduce((belief, chance) => {
    const stillRight = belief * (1 - chance);
    return stillRight / (stillRight + (1 - belief) * (1 - byChance) || 1);
  }, confidence);
}
