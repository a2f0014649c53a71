import { expect, test } from 'vitest';
import type { Sample } from './metric.ts';
import { openSeries, type SeriesStore } from './series-store.ts';

const startMs = Date.UTC(2026, 0, 5);

/** A figure every 5 s for `hours`; `of` gets the second. */
const filled = (hours: number, of: (second: number) => number): SeriesStore => {
  const store = openSeries();
  for (let second = 0; second < hours * 3_600; second += 5) {
    const sample: Sample = { subject: 'api', metric: 'cpu', value: of(second) };
    store.add(startMs + second * 1_000, [sample]);
  }
  return store;
};
/** Reproducible noise in [-1, 1). */
const noise = (second: number): number => ((second * 7_919) % 2_000) / 1_000 - 1;

test('the newest value, while it is fresh', () => {
  const store = filled(0.1, (second) => second);
  expect(store.last('api', 'cpu', startMs + 360_000)).toBe(355);
  expect(store.last('api', 'cpu', startMs + 500_000)).toBeNull();
  expect(store.last('api', 'fds', startMs)).toBeNull();
});

test('values of a slot are one, their mean', () => {
  const store = openSeries();
  for (const value of [1, 2, 6]) store.add(startMs, [{ subject: 'api', metric: 'cpu', value }]);
  expect(store.points('api', 'cpu', 0)).toEqual([{ atMs: startMs, value: 3 }]);
});

test('a gap stays a gap', () => {
  const store = openSeries();
  for (const atMs of [startMs, startMs + 60_000])
    store.add(atMs, [{ subject: 'api', metric: 'cpu', value: 1 }]);
  expect(store.points('api', 'cpu', startMs)).toHaveLength(2);
});

test('older history is coarser: a quarter of an hour, six hours, a week', () => {
  const store = filled(24 * 8, () => 1);
  const endMs = startMs + 8 * 86_400_000;
  const since = (ms: number) => store.points('api', 'cpu', endMs - ms).length;
  expect(since(600_000)).toBe(120);
  expect(since(3_600_000)).toBe(60);
  expect(since(86_400_000)).toBe(144);
  expect(since(30 * 86_400_000)).toBe(1_008);
});

test('a young series is fine, however far back it is asked', () => {
  expect(filled(0.1, () => 1).points('api', 'cpu', 0)).toHaveLength(72);
});

test('the slope is that of the line, not of its outliers', () => {
  const store = filled(1, (second) => second * 2 + noise(second) * 20 + (second === 900 ? 1e6 : 0));
  const slope = store.slope('api', 'cpu', startMs);
  expect(slope?.perS).toBeCloseTo(2, 1);
  const clean = filled(1, (second) => second * 2 + noise(second) * 20).slope('api', 'cpu', startMs);
  expect(clean?.r2).toBeGreaterThan(0.95);
  expect(filled(1, noise).slope('api', 'cpu', startMs)?.r2).toBeLessThan(0.2);
});

test('what is usual leaves out the last hour', () => {
  const store = filled(6, (second) => (second < 5 * 3_600 ? 10 + noise(second) : 500));
  const usual = store.baseline('api', 'cpu', startMs + 6 * 3_600_000);
  expect(usual?.median).toBeCloseTo(10, 0);
  expect(usual?.spread).toBeLessThan(1.5);
});

test('young series have a baseline of what there is, and none under twenty points', () => {
  const nowMs = startMs + 360_000;
  expect(filled(0.1, () => 7).baseline('api', 'cpu', nowMs)).toMatchObject({
    median: 7,
    spread: 0,
  });
  expect(filled(0.02, () => 7).baseline('api', 'cpu', nowMs)).toBeNull();
});

test('what is no number is not kept, and a subject can be forgotten', () => {
  const store = openSeries();
  store.add(startMs, [{ subject: 'api', metric: 'cpu', value: Number.NaN }]);
  expect(store.subjects()).toEqual([]);
  store.add(startMs, [{ subject: 'api', metric: 'cpu', value: 1 }]);
  store.forget('api');
  expect(store.subjects()).toEqual([]);
});

test('a late sample does not rewrite history', () => {
  const store = filled(0.1, () => 1);
  store.add(startMs, [{ subject: 'api', metric: 'cpu', value: 99 }]);
  expect(store.points('api', 'cpu', startMs)[0]?.value).toBe(1);
});
