import { expect, test } from 'vitest';
import { goldenInput } from './causes/golden.contract.ts';
import { explain } from './explain.ts';

/** What programs print by accident: binary, minified code, one word over and over. */
const nasty = [
  'a',
  'A',
  'a.',
  '::',
  '/a',
  "'",
  'error ',
  'missing env ',
  'connection ',
  'aB.',
  '0:',
];

test.each(nasty)('200 long lines of %j are read in no time', (piece) => {
  const lines = Array.from({ length: 200 }, (_x, n) => `${n}${piece.repeat(2_000 / piece.length)}`);
  explain(goldenInput({ lastRunLines: lines.slice(0, 5) }));
  const beganMs = performance.now();
  const why = explain(goldenInput({ lastRunLines: lines }));
  expect(performance.now() - beganMs).toBeLessThan(1_000);
  expect(why?.sentence.length).toBeLessThanOrEqual(160);
});
