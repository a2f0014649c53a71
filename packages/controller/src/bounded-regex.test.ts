import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'vitest';
import { boundedMatch } from './bounded-regex.ts';

const hostile = `${'a'.repeat(60)}b`;
const check = (expression: RegExp, text: string, expected: boolean | null) => {
  const beganMs = performance.now();
  deepEqual(boundedMatch(expression, 50)([text]), expected === null ? null : [expected]);
  ok(performance.now() - beganMs < 1_000, 'in time');
};

test('a plain expression matches', () => check(/b$/, hostile, true));
test('an exponential one is stopped on a short text', () => check(/(a+)+$/, hostile, null));
test('so is one of back references', () => check(/(a*)*\1$/, hostile, null));
test('so is a polynomial one on a long text', () => check(/a*a*a*c/, 'a'.repeat(20_000), null));
test('a long text is no trouble for a good one', () => check(/c/, 'a'.repeat(65_536), false));
test('what went wrong once does not stay', () => {
  const match = boundedMatch(/(a+)+$/, 50);
  equal(match([hostile]), null);
  deepEqual(match(['aaa', 'b']), [true, false]);
});
