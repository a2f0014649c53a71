import { describe, expect, test } from 'vitest';
import { betaCumulative, betaMean, betaQuantile, wilson } from './beta.ts';

test('the mean of a Beta', () => expect(betaMean({ a: 3, b: 1 })).toBe(0.75));

describe('Wilson, one-sided 90 %', () => {
  const check = (hits: number, trials: number, lower: number, upper: number) => {
    const bounds = wilson(hits, trials);
    expect(bounds.lower).toBeCloseTo(lower, 4);
    expect(bounds.upper).toBeCloseTo(upper, 4);
  };
  // z^2 = 1.64237: n / (n + z^2), and z^2 / (n + z^2).
  test('8 of 8', () => check(8, 8, 8 / 9.64237, 1));
  test('0 of 31: not yet at most 5 %', () => check(0, 31, 0, 1.64237 / 32.64237));
  test('0 of 32: at most 5 %', () => expect(wilson(0, 32).upper).toBeLessThan(0.05));
  // Centre (0.5 + 0.0821186) / 1.164237, spread 1.28155 * sqrt(0.025 + 0.00410593) / 1.164237.
  test('5 of 10', () => check(5, 10, 0.31221, 0.68779));
  test('without trials everything is possible', () => check(0, 0, 0, 1));
  test('fractional counts', () => {
    const { lower, upper } = wilson(3.5, 4.2);
    expect(lower).toBeGreaterThan(wilson(3, 4.2).lower);
    expect(upper).toBeLessThanOrEqual(1);
  });
});

describe('the distribution', () => {
  test('Beta(1, 1) is even', () => {
    for (const x of [0.1, 0.5, 0.9]) expect(betaCumulative({ a: 1, b: 1 }, x)).toBeCloseTo(x, 8);
  });
  test('Beta(2, 1) is x squared', () =>
    expect(betaCumulative({ a: 2, b: 1 }, 0.3)).toBeCloseTo(0.09, 8));
  test('Beta(2, 3): 6x^2 - 8x^3 + 3x^4', () =>
    expect(betaCumulative({ a: 2, b: 3 }, 0.4)).toBeCloseTo(0.5248, 8));
  test('its ends', () => {
    expect(betaCumulative({ a: 0.5, b: 9.5 }, 0)).toBe(0);
    expect(betaCumulative({ a: 0.5, b: 9.5 }, 1)).toBe(1);
  });
  test('the quantile is its inverse', () => {
    expect(betaQuantile({ a: 1, b: 1 }, 0.3)).toBeCloseTo(0.3, 8);
    expect(betaQuantile({ a: 2, b: 1 }, 0.09)).toBeCloseTo(0.3, 8);
    for (const share of [0.01, 0.5, 0.99]) {
      const x = betaQuantile({ a: 40.5, b: 3.2 }, share);
      expect(betaCumulative({ a: 40.5, b: 3.2 }, x)).toBeCloseTo(share, 8);
    }
  });
});
