/** A plain walk over the syntax tree of a source: functions, imports, and what tidy forbids. */
import { parseSync } from 'oxc-parser';
import type { Source } from './sources.ts';

export type SyntaxNode = Readonly<{ type: string; start: number; end: number }> &
  Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

/** Calls `visit` for every node, parents first. */
export function walk(node: unknown, visit: (node: SyntaxNode) => void): void {
  if (Array.isArray(node)) {
    for (const one of node) walk(one, visit);
    return;
  }
  if (!isNode(node)) return;
  visit(node);
  for (const value of Object.values(node)) if (typeof value === 'object') walk(value, visit);
}

const parsed = new Map<string, unknown>();

export function syntaxOf(source: Source): unknown {
  let program = parsed.get(source.path);
  if (program === undefined) {
    program = parseSync(source.path, source.text).program;
    parsed.set(source.path, program);
  }
  return program;
}

/** Line number from 1 of a position in the text. */
export function lineOf(source: Source, position: number): number {
  return source.text.slice(0, position).split('\n').length;
}

/** Module names that a source imports or re-exports, types included. */
export function importsOf(source: Source): readonly string[] {
  const names: string[] = [];
  walk(syntaxOf(source), (node) => {
    const isImport =
      /^(ImportDeclaration|ExportNamedDeclaration|ExportAllDeclaration|ImportExpression)$/;
    if (!isImport.test(node.type)) return;
    const from = node['source'];
    if (isNode(from) && typeof from['value'] === 'string') names.push(from['value']);
  });
  return names;
}
