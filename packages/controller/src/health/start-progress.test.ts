import { expect, test } from 'vitest';
import { openStartProgress } from './start-progress.ts';

const says = (...heard: readonly string[]): readonly boolean[] => {
  const progress = openStartProgress();
  return heard.map((line) => progress.says('api.1', [line]));
};

test('a step after the other is progress', () =>
  expect(says('replayed 100 of 900', 'replayed 200 of 900')).toEqual([true, true]));
test('the same complaint is said once, whatever the time', () =>
  expect(
    says(
      '{"time":"2026-01-02T03:04:05.678Z","level":"error","msg":"the peer speaks version 2, not 1"}',
      '{"time":"2026-01-02T03:04:06.183Z","level":"error","msg":"the peer speaks version 2, not 1"}',
      '03:04:07 waiting for the peer',
      '03:04:08 waiting for the peer',
    ),
  ).toEqual([true, false, true, false]));
test('a further attempt that failed is the same complaint', () =>
  expect(says('attempt 6 failed: refused', 'attempt 7 failed: refused')).toEqual([true, false]));
test('what was said long ago may be said again', () => {
  const steps = Array.from({ length: 30 }, (_step, index) => `step ${index}`);
  expect(says('begins', ...steps, 'begins').at(-1)).toBe(true);
});
test('each instance for itself, and each run anew', () => {
  const progress = openStartProgress();
  expect(progress.says('api.1', ['begins'])).toBe(true);
  expect(progress.says('api.2', ['begins'])).toBe(true);
  progress.forget('api.1');
  expect(progress.says('api.1', ['begins'])).toBe(true);
});
test('work is a share of a core, not the answers to our probes', () => {
  const progress = openStartProgress();
  const at = (ticks: number, nowMs: number) => progress.works('api.1', ticks, nowMs);
  // The first look has nothing to compare with; later ones at least a second apart.
  expect([at(40, 0), at(41, 500), at(42, 2_000), at(60, 4_000)]).toEqual([
    false,
    false,
    false,
    true,
  ]);
});
