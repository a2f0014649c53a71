import { expect, test } from 'vitest';
import { allOn, isOn } from './flags.ts';

const names = Array.from({ length: 1_000 }, (_, index) => `service-${index}`);
const check = (share: number, from: number, to: number) => {
  const on = names.filter((name) => isOn({ ...allOn, recovery: share }, 'recovery', name));
  expect(on.length).toBeGreaterThanOrEqual(from);
  expect(on.length).toBeLessThanOrEqual(to);
  return on;
};

test('on', () => check(1, 1_000, 1_000));
test('off', () => check(0, 0, 0));
test('a quarter', () => check(0.25, 200, 300));
test('more services come on top of those before', () => {
  const more = new Set(check(0.5, 440, 560));
  expect(check(0.25, 200, 300).filter((name) => !more.has(name))).toEqual([]);
});
