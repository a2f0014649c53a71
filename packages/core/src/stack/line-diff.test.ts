import { expect, test } from 'vitest';
import { lineDiff } from './line-diff.ts';

const check = (before: string, after: string, lines: readonly string[]) =>
  expect(lineDiff(before, after).lines).toEqual(lines);

test('only what differs is told', () => check('a\nb\nc', 'a\nx\nc', ['-b', '+x']));
test('lines that stay in between are left out', () =>
  check('a\nb\nc\nd', 'x\nb\nc\ny', ['-a', '+x', '-d', '+y']));
test('the same text has no difference', () => check('a\nb', 'a\nb', []));
test('lines may only come or go', () => {
  check('a\nc', 'a\nb\nc', ['+b']);
  check('a\nb\nc', 'a\nc', ['-b']);
});
test('a long difference is counted, and its beginning shown', () => {
  const long = Array.from({ length: 500 }, (_, at) => `line ${at}`).join('\n');
  expect(lineDiff('', long)).toMatchObject({ removed: 1, added: 500 });
  expect(lineDiff('', long).lines).toHaveLength(20);
});
