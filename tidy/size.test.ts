/** Size rules of the style: files, functions, lines, parameters. A table of data may be long. */
import { expect, test } from 'vitest';
import { sources, type Source } from './sources.ts';
import { lineOf, syntaxOf, walk, type SyntaxNode } from './syntax.ts';

const maxFileLines = 400;
const maxFunctionLines = 70;
const maxLineLength = 100;
const maxParameters = 4;

const functions = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/;
const code = sources().filter((source) => /\.tsx?$|\.mjs$/.test(source.path));

const span = (source: Source, node: SyntaxNode): number =>
  lineOf(source, node.end) - lineOf(source, node.start) + 1;

/** A function's own lines: what its nested functions take is theirs (factories return methods). */
function ownLines(source: Source, node: SyntaxNode): number {
  let nested = 0;
  let insideUntil = -1;
  for (const child of Object.values(node))
    walk(child, (inner) => {
      if (!functions.test(inner.type) || inner.start < insideUntil) return;
      insideUntil = inner.end;
      nested += Math.max(0, span(source, inner) - 1);
    });
  return span(source, node) - nested;
}

test('no file is longer than 400 lines', () => {
  const long = code.filter((source) => source.lines.length > maxFileLines);
  expect(long.map((source) => `${source.path}: ${source.lines.length}`)).toEqual([]);
});

test('no line is longer than 100 characters, but for what cannot be broken', () => {
  const found = code.flatMap((source) =>
    source.lines.flatMap((line, index) =>
      line.length <= maxLineLength || /https?:|['"`/].{40,}/.test(line)
        ? []
        : [`${source.path}:${index + 1}: ${line.length}`],
    ),
  );
  expect(found).toEqual([]);
});

test('no function is longer than 70 lines, test suites aside', () => {
  const found: string[] = [];
  for (const source of code) {
    if (source.isTest) continue;
    walk(syntaxOf(source), (node) => {
      if (functions.test(node.type) && ownLines(source, node) > maxFunctionLines)
        found.push(`${source.path}:${lineOf(source, node.start)}: ${ownLines(source, node)} lines`);
    });
  }
  expect(found).toEqual([]);
});

test('no function takes more than 4 parameters: pass an object', () => {
  const found: string[] = [];
  for (const source of code)
    walk(syntaxOf(source), (node) => {
      const params = node['params'];
      if (functions.test(node.type) && Array.isArray(params) && params.length > maxParameters)
        found.push(`${source.path}:${lineOf(source, node.start)}: ${params.length} parameters`);
    });
  expect(found).toEqual([]);
});
