import { describe, expect, test } from 'vitest';
import {
  brierScore,
  brierSkill,
  keepForecast,
  recentBrier,
  reliabilityTable,
  type Forecast,
} from './calibration.ts';

const forecast = (odds: number, cured: boolean): Forecast => ({ odds, cured });
const four = [forecast(0.9, true), forecast(0.8, true), forecast(0.3, false), forecast(0.6, false)];

// (0.01 + 0.04 + 0.09 + 0.36) / 4; the base rate of one half gets 0.25.
test('the Brier score', () => expect(brierScore(four)).toBeCloseTo(0.125, 9));
test('its skill against the base rate', () => expect(brierSkill(four)).toBeCloseTo(0.5, 9));
test('nothing to judge', () => {
  expect(brierScore([])).toBeNull();
  expect(brierSkill([])).toBeNull();
  expect(brierSkill([forecast(0.9, true)])).toBeNull();
});
test('the newest thirty, when there are thirty', () => {
  const wrong = Array.from({ length: 20 }, () => forecast(1, false));
  const right = Array.from({ length: 30 }, () => forecast(1, true));
  expect(recentBrier(wrong)).toBeNull();
  expect(recentBrier([...wrong, ...right])).toBe(0);
  expect(recentBrier([...right, ...wrong])).toBeCloseTo(20 / 30, 9);
});
describe('the reliability table', () => {
  test('counts per bin, its mean odds and what came', () =>
    expect(reliabilityTable([...four, forecast(1, true)], 2)).toEqual([
      { from: 0, to: 0.5, count: 1, odds: 0.3, cured: 0 },
      { from: 0.5, to: 1, count: 4, odds: expect.closeTo(0.825, 9), cured: 0.75 },
    ]));
  test('an empty bin says so', () =>
    expect(reliabilityTable([forecast(0.05, false)])[9]).toEqual({
      from: 0.9,
      to: 1,
      count: 0,
      odds: null,
      cured: null,
    }));
});
test('at most a thousand are kept', () => {
  const kept: Forecast[] = [];
  for (let n = 0; n < 1_005; n += 1) keepForecast(kept, forecast(n / 2_000, true));
  expect([kept.length, kept[0]?.odds]).toEqual([1_000, 5 / 2_000]);
});
