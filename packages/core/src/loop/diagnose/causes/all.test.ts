import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { sentenceLimit } from '../words.ts';
import { allCauses } from './all.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const rows = readFileSync(here('../../../../../../docs/why.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.replace(/^\| | \|$/g, '').split(' | '))
  .map(([id = '', ...cells]) => [
    id.replaceAll('`', '').trim(),
    ...cells.map((cell) => cell.trim()),
  ]);
const ids = allCauses.map(({ id }) => id);

test('no two rules have the same id', () => expect(new Set(ids).size).toBe(ids.length));
test('there are at least 30 causes', () => expect(ids.length).toBeGreaterThan(30));
test('docs/why.md lists exactly the rules, in alphabetical order', () =>
  expect(rows.map(([id]) => id)).toEqual(ids.toSorted()));
test('every row has a sentence that fits in a line, and what to do next', () => {
  for (const [, looksLike, sentence = '', next] of rows) {
    expect(looksLike).toBeTruthy();
    expect(next).toBeTruthy();
    expect(sentence.length).toBeLessThanOrEqual(sentenceLimit);
  }
});
test('every sentence of docs/why.md is one that a test expects of the real rules', () => {
  const golden = readdirSync(here('golden/')).map((name) =>
    readFileSync(here(`golden/${name}`), 'utf8'),
  );
  const sources = ['variants.test.ts', '../explain.test.ts', '../explain-health.test.ts'].map(
    (name) => readFileSync(here(name), 'utf8'),
  );
  const asserted = [...golden.map((text) => text.split('\n')[0] ?? ''), ...sources].join('\n');
  const unknown = rows.filter(
    ([, , sentence = '']) =>
      !asserted.includes(sentence) && !asserted.includes(JSON.stringify(sentence).slice(1, -1)),
  );
  expect(unknown).toEqual([]);
});
