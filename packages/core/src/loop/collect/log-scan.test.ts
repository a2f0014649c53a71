import { deepEqual, equal } from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import { emptyCounts, lineEnd, MAX_LINE_BYTES, scanLines } from './log-scan.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const check = (text: string, lines: number, end: number, levels: readonly number[]) => {
  const counts = emptyCounts();
  const bytes = bytesOf(text);
  equal(scanLines(bytes, 0, bytes.length, counts), end);
  equal(counts.lines, lines);
  deepEqual([...counts.levels], levels);
};

test('whole lines are counted by level', () =>
  check('ERROR a\nb\n{"level":30}\n', 3, 23, [1, 0, 0, 1, 0, 1, 0]));
test('an unfinished line is left', () => check('a\nbc', 1, 2, [1, 0, 0, 0, 0, 0, 0]));
test('empty lines count', () => check('\n\n', 2, 2, [2, 0, 0, 0, 0, 0, 0]));

test('a long line is cut at 64 KiB, one of just that size is not', () => {
  const long = bytesOf('x'.repeat(MAX_LINE_BYTES + 5));
  equal(lineEnd(long, 0, long.length), MAX_LINE_BYTES);
  const fits = bytesOf(`${'x'.repeat(MAX_LINE_BYTES)}\n`);
  equal(lineEnd(fits, 0, fits.length), MAX_LINE_BYTES + 1);
  equal(lineEnd(fits, 0, fits.length - 1), -1);
});

test('it does not matter where the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('ERROR x', 'info: y', 'z', '', '{"level":"warn"}')),
      fc.array(fc.nat(50)),
      (lines, cuts) => {
        const bytes = bytesOf(lines.map((line) => `${line}\n`).join(''));
        const whole = emptyCounts();
        scanLines(bytes, 0, bytes.length, whole);
        const parts = emptyCounts();
        let at = 0;
        let known = 0;
        for (const cut of [...cuts, bytes.length]) {
          known = Math.min(bytes.length, known + cut);
          at = scanLines(bytes, at, known, parts);
        }
        at = scanLines(bytes, at, bytes.length, parts);
        equal(at, bytes.length);
        deepEqual(parts, whole);
        equal(whole.lines, lines.length);
      },
    ),
  );
});
