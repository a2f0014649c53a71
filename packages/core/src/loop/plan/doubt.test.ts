import { expect, test } from 'vitest';
import { confidenceAfter, oddsOfCure } from './doubt.ts';

// 0.9 * 0.8 + 0.3 * 0.2
test('a cure by the right diagnosis or by chance', () =>
  expect(oddsOfCure(0.9, 0.8)).toBeCloseTo(0.78, 9));

const check = (confidence: number, chances: readonly number[], expected: number) =>
  expect(confidenceAfter(confidence, chances)).toBeCloseTo(expected, 6);
test('nothing was tried', () => check(0.8, [], 0.8));
// 0.8 * 0.1 / (0.8 * 0.1 + 0.2 * 0.7)
test('a good remedy failed: the diagnosis is in doubt', () => check(0.8, [0.9], 4 / 11));
// 0.8 * 0.9 / (0.8 * 0.9 + 0.2 * 0.7)
test('a poor one failed: it says nothing against it', () => check(0.8, [0.1], 36 / 43));
test('twice', () => check(0.8, [0.9, 0.9], 0.4 / (0.4 + 7 * 0.7)));
test('certainty stays where nothing else is thinkable', () => check(1, [0.9], 1));
test('what could not fail and did', () => check(1, [1], 0));
