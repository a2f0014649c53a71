import { expect, test } from 'vitest';
import { padTo, truncateMiddle, widthOf, wrapWords } from './width.ts';

test('colour takes no room, wide characters take two cells', () => {
  expect(widthOf('\x1b[31mabc\x1b[39m')).toBe(3);
  expect(widthOf('数据')).toBe(4);
  expect(widthOf('e\u0301')).toBe(1);
});
test('what is too long loses its middle', () => {
  expect(truncateMiddle('127.0.0.1:5432', 9)).toBe('127.…5432');
  expect(truncateMiddle('127.0.0.1:5432', 9, false)).toBe('127...432');
  expect(truncateMiddle('short', 9)).toBe('short');
  expect(truncateMiddle('abcdef', 1)).toBe('…');
});
test('a cut never takes more cells than allowed, also with wide characters', () => {
  for (let columns = 1; columns < 12; columns += 1)
    expect(widthOf(truncateMiddle('数据库数据库', columns))).toBeLessThanOrEqual(columns);
});
test('words wrap, a word that is too long is cut', () => {
  expect(wrapWords('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrapWords('a abcdefghij b', 5)).toEqual(['a', 'ab…ij', 'b']);
});
test('padding counts cells', () => {
  expect(padTo('数', 4)).toBe('数  ');
  expect(padTo('7', 3, 'right')).toBe('  7');
});
