/**
 * Reads values out of a located tree and says of each that does not fit where it stands, what was
 * seen and what is wanted. Nothing stops at the first: a person mends a file in one pass.
 */
import { parseDuration } from '@fettle/sdk/duration';
import { checkExpression, type ExpressionProblem } from '../expression/check.ts';
import type { Expression } from '../expression/expression.ts';
import { readText } from '../expression/fill-text.ts';
import { parseExpression } from '../expression/parse.ts';
import type { Scope } from '../expression/scope.ts';
import type { ValueType } from '../expression/value-type.ts';
import type { RunbookKeys } from './runbook-keys.ts';
import type { RunbookProblem, TreeMap, TreeNode, TreeSpot } from './runbook-tree.ts';

type Scalar = Extract<TreeNode, { kind: 'scalar' }>;
export type Entry = Readonly<{ node: TreeNode; path: string; keySpot: TreeSpot }>;
type Detail = Readonly<{
  code: string;
  message: string;
  hint: string;
  seen?: string | null;
  allowed?: readonly string[];
}>;
const MAX_DURATION_MS = 366 * 86_400_000;

export class TreeReader {
  readonly problems: RunbookProblem[] = [];

  refuse(spot: TreeSpot, path: string, detail: Detail): null {
    this.problems.push({ seen: null, allowed: [], ...detail, spot, path });
    return null;
  }

  /** The entries by key; null: it is no mapping. */
  mapping(
    node: TreeNode,
    path: string,
    keys: RunbookKeys | null,
  ): ReadonlyMap<string, Entry> | null {
    if (node.kind !== 'map') return this.#wrongKind(node, path, 'a mapping');
    const found = new Map<string, Entry>();
    for (const [name, { keySpot, value }] of node.entries) {
      const below = path === '' ? name : `${path}.${name}`;
      if (name.startsWith('x-')) continue;
      if (keys !== null && !Object.hasOwn(keys, name))
        this.#unknownKey(keySpot, path, [name, keys]);
      else found.set(name, { node: value, path: below, keySpot });
    }
    for (const [name, key] of Object.entries(keys ?? {}))
      if (key.required === true && !found.has(name)) this.missing(node, path, name);
    return found;
  }

  missing(node: TreeMap | TreeNode, path: string, name: string): null {
    const place = path === '' ? 'the runbook' : `\`${path}\``;
    return this.refuse({ ...node.spot, length: 1 }, path, {
      code: 'E-RUNBOOK-REQUIRED',
      message: `${place} lacks \`${name}\``,
      hint: `Add \`${name}:\`.`,
      allowed: [name],
    });
  }

  text({ node, path }: Entry): string | null {
    if (node.kind !== 'scalar' || node.value === null) return this.#wrongKind(node, path, 'a text');
    const value = typeof node.value === 'string' ? node.value : node.text;
    if (value.trim() !== '' && value.length <= 2_000) return value;
    return this.#wrongValue(node, path, ['E-RUNBOOK-VALUE', 'a text of at most 2,000 characters']);
  }

  /** One of a list of words. */
  word<W extends string>(entry: Entry, allowed: readonly W[], code = 'E-RUNBOOK-VALUE'): W | null {
    const { node, path } = entry;
    const seen = this.text(entry);
    if (seen === null) return null;
    const found = allowed.find((word) => word === seen);
    if (found !== undefined) return found;
    return this.refuse(node.spot, path, {
      code,
      message: `\`${path}\` is \`${short(seen)}\``,
      hint: `Write ${some(allowed)}.`,
      seen,
      allowed,
    });
  }

  flag({ node, path }: Entry): boolean | null {
    if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
    return this.#wrongKind(node, path, 'true or false');
  }

  number(
    { node, path }: Entry,
    [min, max]: readonly [number, number],
    whole = true,
  ): number | null {
    const wanted = `${whole ? 'a whole number' : 'a number'} from ${min} to ${max}`;
    const value = node.kind === 'scalar' ? node.value : null;
    if (typeof value !== 'number' || node.kind !== 'scalar')
      return this.#wrongKind(node, path, wanted);
    if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
    return this.#wrongValue(node, path, ['E-RUNBOOK-RANGE', wanted]);
  }

  /** 0-1; `70%` is 0.7. */
  ratio(entry: Entry): number | null {
    const { node, path } = entry;
    const percent = node.kind === 'scalar' ? /^(\d+(?:\.\d+)?)\s*%$/.exec(node.text) : null;
    if (percent === null) return this.number(entry, [0, 1], false);
    const value = Number(percent[1]) / 100;
    if (value <= 1) return value;
    return this.#wrongValue(node as Scalar, path, ['E-RUNBOOK-RANGE', 'a share from 0 to 1']);
  }

  /** ms */
  duration({ node, path }: Entry): number | null {
    const wanted = 'a duration such as 500ms, 10s or 1m30s';
    if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'boolean')
      return this.#wrongKind(node, path, wanted);
    const ms = parseDuration(node.text);
    if (ms !== null && ms <= MAX_DURATION_MS) return ms;
    return this.#wrongValue(node, path, ['E-RUNBOOK-DURATION', wanted]);
  }

  /** A list, or one value in its place. */
  items({ node, path, keySpot }: Entry, single = true): readonly Entry[] {
    if (node.kind === 'list')
      return node.items.map((item, index) => ({ node: item, path: `${path}[${index}]`, keySpot }));
    if (single && node.kind === 'scalar' && node.value !== null) return [{ node, path, keySpot }];
    this.#wrongKind(node, path, 'a list');
    return [];
  }

  /** A condition, or another type where told. null: it has problems, and they were told. */
  expression(entry: Entry, scope: Scope, wanted: ValueType = 'boolean'): Expression | null {
    const { node, path } = entry;
    const text = this.text(entry);
    if (text === null || node.kind !== 'scalar') return null;
    const parsed = parseExpression(text);
    if ('error' in parsed) {
      const { at, message } = parsed.error;
      return this.#wrongExpression(spotIn(node, at, at + 1), path, { message, text });
    }
    const problems = checkExpression(parsed, scope, wanted);
    for (const problem of problems)
      this.#wrongExpression(spotIn(node, problem.from, problem.to), path, { ...problem, text });
    return problems.length === 0 ? parsed : null;
  }

  expressions(entry: Entry | undefined, scope: Scope): readonly Expression[] {
    if (entry === undefined) return [];
    return this.items(entry).flatMap((item) => this.expression(item, scope) ?? []);
  }

  /** A text with `${…}`; `wanted` is what it must be when it is one expression as a whole. */
  template(entry: Entry, scope: Scope, wanted: ValueType = 'any'): string | null {
    const { node, path } = entry;
    const text = this.text(entry);
    if (text === null || node.kind !== 'scalar') return null;
    const pieces = readText(text);
    if ('error' in pieces) {
      const { at, message } = pieces.error;
      return this.#wrongExpression(spotIn(node, at, at + 1), path, { message, text });
    }
    const before = this.problems.length;
    for (const piece of pieces) {
      if (typeof piece === 'string') continue;
      const type = pieces.length === 1 ? wanted : 'any';
      for (const problem of checkExpression(piece.expression, scope, type)) {
        const spot = spotIn(node, piece.at + problem.from, piece.at + problem.to);
        this.#wrongExpression(spot, path, { ...problem, text });
      }
    }
    return this.problems.length === before ? text : null;
  }

  #wrongExpression(
    spot: TreeSpot,
    path: string,
    problem: Readonly<{ message: string; text: string; unknown?: ExpressionProblem['unknown'] }>,
  ): null {
    return this.refuse(spot, path, {
      code: 'E-RUNBOOK-EXPRESSION',
      message: `\`${path}\`: ${problem.message}`,
      hint: 'docs/expressions.md tells what may be written.',
      seen: problem.unknown?.word ?? problem.text,
      allowed: problem.unknown?.known ?? [],
    });
  }

  #unknownKey(keySpot: TreeSpot, path: string, [name, keys]: readonly [string, RunbookKeys]): void {
    const place = path === '' ? 'a runbook' : `\`${path}\``;
    this.refuse(keySpot, path === '' ? name : `${path}.${name}`, {
      code: 'E-RUNBOOK-KEY',
      message: `${place} has no key \`${short(name)}\``,
      hint: 'Remove it; keys of your own start with `x-`.',
      seen: name,
      allowed: Object.keys(keys),
    });
  }

  #wrongKind(node: TreeNode, path: string, wanted: string): null {
    const empty = node.kind === 'scalar' && node.value === null;
    const kind = node.kind === 'scalar' ? `\`${short(node.text)}\`` : `a ${kindWord(node)}`;
    return this.refuse(node.kind === 'scalar' ? node.spot : { ...node.spot, length: 1 }, path, {
      code: 'E-RUNBOOK-TYPE',
      message: `\`${path || 'the file'}\` ${empty ? 'has no value' : `is ${kind}`}; wanted is ${wanted}`,
      hint: `Write ${wanted}.`,
      seen: empty ? null : node.kind === 'scalar' ? node.text : kindWord(node),
    });
  }

  #wrongValue(node: Scalar, path: string, [code, wanted]: readonly [string, string]): null {
    return this.refuse(node.spot, path, {
      code,
      message: `\`${path}\` is \`${short(node.text)}\`; wanted is ${wanted}`,
      hint: `Write ${wanted}.`,
      seen: node.text,
    });
  }
}

/** The part of a scalar's text, as far as the file holds it one to one. */
export function spotIn(node: Scalar, from: number, to: number): TreeSpot {
  if (node.textOffset === null) return node.spot;
  return { offset: node.textOffset + from, length: Math.max(1, to - from) };
}

const kindWord = (node: TreeNode): string => (node.kind === 'map' ? 'mapping' : 'list');

export function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= 40 ? line : `${line.slice(0, 39)}…`;
}

function some(words: readonly string[]): string {
  return words.length <= 6 ? words.join(', ') : `one of ${words.length} known words`;
}
