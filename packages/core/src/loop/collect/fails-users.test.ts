import { expect, test } from 'vitest';
import { failsUsers } from './fails-users.ts';
import type { Metric } from './metric.ts';
import { service, Stage } from './stage.contract.ts';

const fails = (metric: Metric, ...values: readonly number[]): boolean => {
  const stage = new Stage([service('api')]);
  for (const value of values) {
    stage.nowMs += 5_000;
    stage.picture.series.add(stage.nowMs, [{ subject: 'api', metric, value }]);
  }
  return failsUsers(stage.picture, 'api', stage.nowMs);
};
const minutes = (value: number): readonly number[] => Array.from({ length: 60 }, () => value);

test('nothing is known', () => expect(fails('error_ratio')).toBe(false));
test('a few requests fail', () => expect(fails('error_ratio', 0, 0.05)).toBe(false));
test('a fifth of them fails', () => expect(fails('error_ratio', 0, 0.2)).toBe(true));
test('error after error', () => expect(fails('error_lines_per_s', 0, 3)).toBe(true));
test('it always says so much', () =>
  expect(fails('error_lines_per_s', ...minutes(2), 3)).toBe(false));
