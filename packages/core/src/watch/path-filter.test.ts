import { expect, test } from 'vitest';
import { pathFilter } from './path-filter.ts';

const check = (ignore: readonly string[], relative: string, counts: boolean) =>
  expect([relative, pathFilter(ignore)(relative)]).toEqual([relative, counts]);

test('code counts, what tools write beside it does not', () => {
  check([], 'src/app.js', true);
  check([], 'node_modules/x/index.js', false);
  check([], 'src/.git/HEAD', false);
  check([], 'src/a.py~', false);
  check([], 'src/.a.py.swp', false);
});
test('a name is ignored anywhere, with all that lies in it', () => {
  check(['dist'], 'web/dist/app.js', false);
  check(['dist/'], 'dist/app.js', false);
  check(['*.test.js'], 'src/deep/a.test.js', false);
  check(['*.test.js'], 'src/a.test.jsx', true);
});
test('a way is meant from the watched folder', () => {
  check(['web/dist/**'], 'web/dist/a/b.js', false);
  check(['web/dist'], 'other/web/dist/a.js', true);
  check(['**/gen/*.js'], 'gen/a.js', false);
  check(['**/gen/*.js'], 'a/b/gen/a.js', false);
  check(['**/gen/*.js'], 'a/b/gen/c/a.js', true);
  check(['./data/?.csv'], 'data/a.csv', false);
});
test('what means something in a regular expression means itself', () => {
  check(['a+(b).js'], 'a+(b).js', false);
  check(['a.js'], 'axjs', true);
});
