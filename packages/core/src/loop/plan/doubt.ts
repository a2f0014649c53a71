/**
 * What a failed attempt says of the diagnosis: the better its odds were, the more its failure
 * speaks against the cause that was assumed. Bayes' rule, with a wrong diagnosis taken as one that
 * the step cannot cure.
 */

/** `odds`: chances of the failed attempts had the diagnosis been right, 0-1 each. */
export function confidenceAfter(confidence: number, odds: readonly number[]): number {
  return odds.reduce((belief, chance) => {
    const stillRight = belief * (1 - chance);
    return stillRight / (stillRight + (1 - belief) || 1);
  }, confidence);
}
