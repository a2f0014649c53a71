import { expect, test } from 'vitest';
import { soak } from './soak.ts';

test('ordinary days bring no alarm', () => {
  const { falseAlarms, ticks } = soak({ seed: 3, services: 8, days: 0.5, faultEveryDays: null });
  expect(ticks).toBeGreaterThan(8_000);
  expect(falseAlarms).toEqual([]);
});

test('faults are seen, nearly all of them, and nothing else is', () => {
  const { falseAlarms, faults } = soak({ seed: 4, services: 5, days: 0.35, faultEveryDays: 0.1 });
  const seen = faults.filter(({ secondsToSymptom }) => secondsToSymptom !== null);
  expect(faults.length).toBeGreaterThan(10);
  expect(seen.length / faults.length).toBeGreaterThan(0.85);
  expect(falseAlarms).toEqual([]);
});

test('the same seed lives the same days', () => {
  const once = () =>
    JSON.stringify(soak({ seed: 5, services: 3, days: 0.1, faultEveryDays: 0.05 }));
  expect(once()).toBe(once());
});
