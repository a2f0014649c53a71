/**
 * The Beta distribution and Wilson's bounds: what can be said of a rate after few trials.
 *
 * Sources: Wilson (1927) for the bounds; the regularised incomplete beta function by Lentz's
 * continued fraction, Numerical Recipes 6.4; Lanczos for the logarithm of gamma.
 */

/** Pseudo-counts of successes and failures, both above 0. */
export type Beta = Readonly<{ a: number; b: number }>;
export type Bounds = Readonly<{ lower: number; upper: number }>;

export function betaMean({ a, b }: Beta): number {
  return a / (a + b);
}

/** One-sided 90 %: the rate is above `lower` with 90 %, and below `upper` with 90 %. */
const Z90 = 1.2815515655446004;

/** Counts may be fractional; without trials everything is possible. */
export function wilson(hits: number, trials: number, z = Z90): Bounds {
  if (trials <= 0) return { lower: 0, upper: 1 };
  const rate = Math.min(1, Math.max(0, hits / trials));
  const square = z * z;
  const centre = rate + square / (2 * trials);
  const spread = z * Math.sqrt((rate * (1 - rate)) / trials + square / (4 * trials * trials));
  const scale = 1 + square / trials;
  return {
    lower: Math.max(0, (centre - spread) / scale),
    upper: Math.min(1, (centre + spread) / scale),
  };
}

/** The rate that is not exceeded with probability `share`: a draw, when `share` is random. */
export function betaQuantile(beta: Beta, share: number): number {
  let [low, high] = [0, 1];
  for (let turn = 0; turn < 40; turn += 1) {
    const middle = (low + high) / 2;
    if (betaCumulative(beta, middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Probability that the rate is at most `x`. */
export function betaCumulative({ a, b }: Beta, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x),
  );
  return x < (a + 1) / (a + b + 2)
    ? (front * continuedFraction({ a, b }, x)) / a
    : 1 - (front * continuedFraction({ a: b, b: a }, 1 - x)) / b;
}

function continuedFraction({ a, b }: Beta, x: number): number {
  const tiny = 1e-30;
  const away = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 200; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const change = d * c;
    result *= change;
    if (Math.abs(change - 1) < 1e-12) break;
  }
  return result;
}

const lanczos = [
  76.18009173, -86.50532033, 24.01409822, -1.231739516, 0.120858003e-2, -0.536382e-5,
];

function logGamma(x: number): number {
  const shifted = x + 5.5 - (x + 0.5) * Math.log(x + 5.5);
  const sum = lanczos.reduce((total, term, index) => total + term / (x + 1 + index), 1);
  return Math.log((2.5066282746310002 * sum) / x) - shifted;
}
