/** What the compiler cannot see: impurity in core, words and constructs that the style forbids. */
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { sources, type Source } from './sources.ts';
import { lineOf, syntaxOf, walk, type SyntaxNode } from './syntax.ts';

const all = sources();
const typed = all.filter((source) => /\.tsx?$/.test(source.path));
const core = typed.filter(
  (source) => source.path.startsWith('packages/core/src/') && !source.isTest,
);

/** Places where `pattern` stands outside comments. */
function places(among: readonly Source[], pattern: RegExp): readonly string[] {
  return among.flatMap((source) =>
    source.lines.flatMap((line, index) => {
      const code = line.replace(/\/\/.*$/, '').replace(/^\s*\/?\*.*$/, '');
      return pattern.test(code) ? [`${source.path}:${index + 1}: ${code.trim()}`] : [];
    }),
  );
}

function nodes(among: readonly Source[], wanted: (node: SyntaxNode) => boolean): readonly string[] {
  const found: string[] = [];
  for (const source of among)
    walk(syntaxOf(source), (node) => {
      if (wanted(node)) found.push(`${source.path}:${lineOf(source, node.start)}`);
    });
  return found;
}

test('core knows no clock, no chance and no waiting', () => {
  const impure = /\bDate\.now\b|new Date\(\)|Math\.random|performance\.now|crypto\.|\bfetch\(/;
  expect(places(core, impure)).toEqual([]);
  expect(nodes(core, (node) => node['async'] === true || node.type === 'AwaitExpression')).toEqual(
    [],
  );
  expect(nodes(core, (node) => node.type === 'Identifier' && node['name'] === 'Promise')).toEqual(
    [],
  );
});

test('syntax stays erasable and typed', () => {
  const banned = /^(TSEnumDeclaration|TSModuleDeclaration|TSParameterProperty|TSAnyKeyword)$/;
  expect(nodes(typed, (node) => banned.test(node.type))).toEqual([]);
});

test('nothing is called utils, common, helpers, types or manager', () => {
  const vague = /^(utils?|common|helpers?|types?|managers?)(\.|$)/;
  const found = all.filter(
    ({ path }) => path.split('/').some((part) => vague.test(part)) || vague.test(basename(path)),
  );
  expect(found.map(({ path }) => path)).toEqual([]);
});

test('file names are kebab-case', () => {
  const odd = typed.filter(({ path }) => !/^[a-z0-9-]+(\.[a-z0-9-]+)*\.tsx?$/.test(basename(path)));
  expect(odd.map(({ path }) => path)).toEqual([]);
});

test('every source opens with what it is for', () => {
  const silent = typed.filter(
    (source) => !source.isTest && !/^(#!.*\n)?\s*(\/\*\*|\/\/)/.test(source.text),
  );
  const config = /(vite|vitest)\.config\.ts$/;
  expect(silent.map(({ path }) => path).filter((path) => !config.test(path))).toEqual([]);
});

test('no error is bare: FettleError for users, assert for ourselves', () => {
  const products = typed.filter(({ path, isTest }) => path.startsWith('packages/') && !isTest);
  const bare = (node: SyntaxNode) => {
    const callee = node['callee'] as SyntaxNode | undefined;
    return (
      node.type === 'NewExpression' && callee?.type === 'Identifier' && callee['name'] === 'Error'
    );
  };
  expect(nodes(products, bare)).toEqual([]);
});

test('tests wait for events and never sleep', () => {
  const tests = all.filter(({ path }) => /\.test\.tsx?$/.test(path) && !path.startsWith('tidy/'));
  expect(places(tests, /\bsleep\(|setTimeout\((resolve|r|done),\s*\d/)).toEqual([]);
});

test('nothing is left to do later in a comment', () => {
  const later = /\b(TODO|FIXME|XXX)\b/;
  const found = all
    .filter(({ path }) => path !== 'tidy/purity.test.ts')
    .flatMap((source) =>
      source.lines.flatMap((line, index) =>
        later.test(line) ? [`${source.path}:${index + 1}`] : [],
      ),
    );
  expect(found).toEqual([]);
});
