import { expect, test } from 'vitest';
import { editDistance, nearestWord } from './suggestion.ts';

const words = ['up', 'down', 'status', 'stop', 'start', 'logs', 'why'];
const check = (word: string, expected: string | null): void =>
  expect(nearestWord(word, words)).toBe(expected);

test('one or two edits away is offered', () => {
  check('statu', 'status');
  check('sttaus', 'status');
  check('dwon', 'down');
  check('lgos', 'logs');
});
test('the nearer one wins', () => check('stap', 'stop'));
test('what resembles nothing is not guessed', () => {
  check('frobnicate', null);
  check('xyz', null);
});
test('the distance counts insertions, deletions and substitutions', () => {
  expect(editDistance('kitten', 'sitting')).toBe(3);
  expect(editDistance('', 'abc')).toBe(3);
  expect(editDistance('same', 'same')).toBe(0);
});
