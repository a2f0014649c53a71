import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'vitest';
import { growingHistogram } from './histogram.ts';

test('counts are cumulative, and what is longer than every bound is counted', () => {
  const histogram = growingHistogram([0.1, 1]);
  for (const seconds of [0.05, 0.1, 0.5, 7]) histogram.observe(seconds);
  const { counts, count, sumSeconds } = histogram.read();
  deepEqual([counts, count], [[2, 3], 4]);
  ok(Math.abs(sumSeconds - 7.65) < 1e-9);
});
test('no count ever falls', () => {
  const histogram = growingHistogram([0.1]);
  let before = 0;
  for (let at = 0; at < 2_000; at += 1) {
    histogram.observe(at % 2);
    const { count } = histogram.read();
    ok(count > before);
    before = count;
  }
  equal(histogram.read().counts[0], 1_000);
});
