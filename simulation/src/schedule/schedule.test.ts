/** A stretch of the simulated year, with the spring's clock changes in it: as documented. */
import { expect, test } from 'vitest';
import { judgeYear } from './judge-year.ts';
import { liveAYear } from './year-world.ts';

const year = liveAYear({ seed: 1, days: 110 });

test('every moment is run, skipped or missed as docs/schedules.md says', () => {
  const verdicts = judgeYear(year);
  expect(verdicts.flatMap(({ violations }) => violations)).toEqual([]);
  expect(year.doubled).toBe(0);
  const total = (key: 'onTime' | 'madeUp' | 'held' | 'skipped' | 'missed'): number =>
    verdicts.reduce((sum, verdict) => sum + verdict[key], 0);
  for (const key of ['onTime', 'madeUp', 'held', 'skipped', 'missed'] as const)
    expect(total(key), key).toBeGreaterThan(0);
});
test('the judge sees a clock that ignores its zone', () => {
  const found = judgeYear(year, 'UTC').filter(({ violations }) => violations.length > 0);
  expect(found.map(({ service }) => service)).toContain('nightly');
});
test('the same seed gives the same year', () => {
  const again = liveAYear({ seed: 1, days: 20 });
  expect(liveAYear({ seed: 1, days: 20 }).digest).toBe(again.digest);
  expect(liveAYear({ seed: 2, days: 20 }).digest).not.toBe(again.digest);
});
