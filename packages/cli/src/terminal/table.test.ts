import { expect, test } from 'vitest';
import type { Look } from './look.ts';
import { renderTable } from './table.ts';

const look: Look = { columns: Infinity, color: false, unicode: true, tty: false };
const columns = [
  { title: 'NAME', minColumns: 6 },
  { title: 'PORT', align: 'right' as const, drop: 1 },
  { title: 'NOTE', minColumns: 8 },
];
const rows = [
  ['api', '8000', 'everything is as it should be'],
  ['a-long-service-name', '5', ''],
];
const check = (at: number, expected: string): void =>
  expect(renderTable(columns, rows, { ...look, columns: at })).toBe(expected);

test('with room nothing is cut', () =>
  check(
    Infinity,
    'NAME                 PORT  NOTE\n' +
      'api                  8000  everything is as it should be\n' +
      'a-long-service-name     5\n',
  ));
test('the widest columns lose first, in their middle', () =>
  check(
    40,
    'NAME              PORT  NOTE\n' +
      'api               8000  everythi…ould be\n' +
      'a-long-s…ce-name     5\n',
  ));
test('a column that people can do without goes before others are unreadable', () => {
  const text = renderTable(columns, rows, { ...look, columns: 18 });
  expect(text).not.toContain('PORT');
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(18);
});
test('no line ends with a blank', () => {
  for (const line of renderTable(columns, rows, look).split('\n'))
    expect(line).toBe(line.trimEnd());
});
