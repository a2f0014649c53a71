/** Documents that must stay true: error codes, decision records, and the shape of the pages. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, sources } from './sources.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

test('every error code that the sources name is explained in docs/errors.md', () => {
  const explained = new Set(read('docs/errors.md').match(/\bE-[A-Z0-9]+(?:-[A-Z0-9]+)*\b/g) ?? []);
  const products = sources().filter(
    ({ path, isTest }) => /^(packages|tools)\//.test(path) && !isTest,
  );
  const silent = products.flatMap((source) =>
    [...source.text.matchAll(/['"`[](E-[A-Z0-9]+(?:-[A-Z0-9]+)*)['"`\]]/g)]
      .map((found) => found[1] ?? '')
      .filter((code) => !explained.has(code))
      .map((code) => `${source.path}: ${code}`),
  );
  expect([...new Set(silent)]).toEqual([]);
});

test('no document keeps the marks of a merge', () => {
  const documents = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name));
  const marked = ['CHANGELOG.md', 'README.md', ...documents].filter((path) =>
    /^[\s\\]*(?:<<<<<<<|>>>>>>>|> > > >|=======$)/m.test(read(path)),
  );
  expect(marked).toEqual([]);
});

test('docs/ARCHITECTURE.md stays under 200 lines', () => {
  expect(read('docs/ARCHITECTURE.md').split('\n').length).toBeLessThan(200);
});

test('decision records are numbered without gaps', () => {
  const numbers = readdirSync(join(root, 'docs/decisions'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => Number(name.slice(0, 4)))
    .toSorted((a, b) => a - b);
  expect(numbers).toEqual(numbers.map((_number, index) => index + 1));
});

test('links between our pages lead somewhere', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'].concat(
    readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  );
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .map((found) => found[1] ?? '')
      .filter((target) => !existsSync(join(root, page, '..', target)))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});
