/**
 * Reads an expression into its syntax tree, or says where it stops making sense.
 *
 * Precedence climbing after Pratt ("Top Down Operator Precedence", 1973): `or`, `and`, `not`,
 * comparisons (which do not chain), `+ -`, `* /`, unary minus, members and calls. Length and depth
 * are bounded, so that what follows may walk the tree without care.
 */
import type { BinaryOp, Expression, Node } from './expression.ts';
import { tokenize, wordValues, type ExpressionError, type Token } from './tokens.ts';

const MAX_LENGTH = 2_000;
const MAX_DEPTH = 64;

const strength: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  '==': 4,
  '!=': 4,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '~': 4,
  in: 4,
  not: 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
};
const NOT = 3;
const COMPARISON = 4;
const MINUS = 7;

/** Words that cannot be names of parameters. */
export const reservedWords: readonly string[] = [
  'and',
  'or',
  'not',
  'in',
  'any',
  'all',
  ...wordValues.keys(),
];

export function parseExpression(text: string): Expression | Readonly<{ error: ExpressionError }> {
  if (text.length > MAX_LENGTH)
    return { error: { at: MAX_LENGTH, message: `longer than ${MAX_LENGTH} characters` } };
  const tokens = tokenize(text);
  if ('error' in tokens) return tokens;
  const parser = new Parser(tokens);
  const node = parser.whole();
  return parser.error === null ? { text, node } : { error: parser.error };
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #open = 0;
  readonly #depths = new Map<Node, number>();
  /** The first one; after it whatever is read does not matter. */
  error: ExpressionError | null = null;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Node {
    if (this.#peek().kind === 'end') return this.#refuse(this.#peek(), 'an expression is missing');
    const node = this.#expression(0);
    if (this.#peek().kind !== 'end')
      this.#refuse(this.#peek(), `${describe(this.#peek())} is not expected here`);
    return node;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', from: 0, to: 0 };
  }

  #refuse(token: Token, message: string): Node {
    this.error ??= { at: token.from, message };
    // Nothing more is read: every loop sees the end.
    this.#at = this.#tokens.length - 1;
    return { kind: 'literal', value: null, from: token.from, to: token.to };
  }

  #is(text: string): boolean {
    const token = this.#peek();
    return (
      (token.kind === 'sign' && token.sign === text) ||
      (token.kind === 'name' && token.name === text)
    );
  }

  #take(text: string): boolean {
    const found = this.#is(text);
    if (found) this.#at += 1;
    return found;
  }

  #need(text: string, why: string): void {
    if (!this.#take(text)) this.#refuse(this.#peek(), `\`${text}\` is missing ${why}`);
  }

  #made(node: Node, children: readonly Node[]): Node {
    const depth = 1 + Math.max(0, ...children.map((child) => this.#depths.get(child) ?? 1));
    this.#depths.set(node, depth);
    if (depth <= MAX_DEPTH) return node;
    return this.#refuse({ kind: 'end', from: node.from, to: node.to }, tooDeep);
  }

  #expression(minimum: number): Node {
    this.#open += 1;
    const node =
      this.#open > MAX_DEPTH ? this.#refuse(this.#peek(), tooDeep) : this.#operators(minimum);
    this.#open -= 1;
    return node;
  }

  #operators(minimum: number): Node {
    let left = this.#prefix();
    let compared = false;
    for (;;) {
      const token = this.#peek();
      const op = token.kind === 'sign' ? token.sign : token.kind === 'name' ? token.name : '';
      const power = Object.hasOwn(strength, op) ? (strength[op] ?? 0) : 0;
      if (power === 0 || power < minimum || (power === minimum && minimum > 0)) return left;
      if (power === COMPARISON) {
        if (compared)
          return this.#refuse(token, 'comparisons do not chain: join two of them by `and`');
        compared = true;
      }
      this.#at += 1;
      left = this.#infix(left, op, power);
    }
  }

  #infix(left: Node, op: string, power: number): Node {
    const negated = op === 'not';
    if (negated) this.#need('in', 'after `not`: here it can only be `not in`');
    const right = this.#expression(power);
    const place = { from: left.from, to: right.to };
    const binary = { kind: 'binary', op: (negated ? 'in' : op) as BinaryOp, left, right } as const;
    const node = this.#made({ ...binary, ...place }, [left, right]);
    return negated ? this.#made({ kind: 'unary', op: 'not', of: node, ...place }, [node]) : node;
  }

  #prefix(): Node {
    const { from } = this.#peek();
    if (this.#take('not')) return this.#unary('not', this.#expression(NOT), from);
    if (this.#take('-')) return this.#unary('-', this.#expression(MINUS), from);
    let node = this.#primary();
    while (this.#take('.')) {
      const token = this.#peek();
      if (token.kind !== 'name') return this.#refuse(token, 'a name is missing after `.`');
      this.#at += 1;
      node = this.#made(
        { kind: 'member', of: node, name: token.name, from: node.from, to: token.to },
        [node],
      );
    }
    return node;
  }

  #unary(op: 'not' | '-', of: Node, from: number): Node {
    return this.#made({ kind: 'unary', op, of, from, to: of.to }, [of]);
  }

  #primary(): Node {
    const token = this.#peek();
    const { from, to } = token;
    if (token.kind === 'number') {
      this.#at += 1;
      const unit = token.unit === null ? {} : { unit: token.unit };
      return { kind: 'literal', value: token.value, ...unit, from, to };
    }
    if (token.kind === 'string') {
      this.#at += 1;
      return { kind: 'literal', value: token.value, from, to };
    }
    if (token.kind === 'name') return this.#word(token.name, token);
    if (this.#take('(')) {
      const inner = this.#expression(0);
      this.#need(')', `for the \`(\` at ${from + 1}`);
      return inner;
    }
    if (this.#take('[')) {
      const items = this.#listUntil(']', from);
      return this.#made({ kind: 'list', items, from, to: this.#end() }, items);
    }
    return this.#refuse(token, `a value is missing before ${describe(token)}`);
  }

  /** Where the token before this one ended. */
  #end(): number {
    return this.#tokens[this.#at - 1]?.to ?? 0;
  }

  #word(name: string, token: Token): Node {
    const { from, to } = token;
    const literal = wordValues.get(name);
    if (literal === undefined && reservedWords.includes(name) && name !== 'any' && name !== 'all')
      return this.#refuse(token, `a value is missing before \`${name}\``);
    this.#at += 1;
    if (literal !== undefined) return { kind: 'literal', value: literal, from, to };
    if (!this.#take('(')) {
      if (name === 'any' || name === 'all')
        return this.#refuse(token, `write \`${name}(x in list: condition)\``);
      return { kind: 'name', name, from, to };
    }
    if (name === 'any' || name === 'all') return this.#quantified(name === 'all', from);
    const args = this.#listUntil(')', from);
    return this.#made({ kind: 'call', name, args, from, to: this.#end() }, args);
  }

  #quantified(all: boolean, from: number): Node {
    const token = this.#peek();
    if (token.kind !== 'name' || reservedWords.includes(token.name))
      return this.#refuse(token, 'a name is missing: `any(x in list: condition)`');
    this.#at += 1;
    this.#need('in', 'after the name: `any(x in list: condition)`');
    const over = this.#expression(0);
    this.#need(':', 'after the list: `any(x in list: condition)`');
    const that = this.#expression(0);
    this.#need(')', `for the \`(\` at ${from + 4}`);
    const { name } = token;
    const node = { kind: 'quantified', all, name, over, that, from, to: this.#end() } as const;
    return this.#made(node, [over, that]);
  }

  #listUntil(close: string, from: number): readonly Node[] {
    const items: Node[] = [];
    if (this.#take(close)) return items;
    do items.push(this.#expression(0));
    while (this.#take(','));
    this.#need(close, `for what opens at ${from + 1}`);
    return items;
  }
}

const tooDeep = `nested deeper than ${MAX_DEPTH} levels; use a list with \`in\`, or any(…)`;

function describe(token: Token): string {
  if (token.kind === 'end') return 'the end';
  if (token.kind === 'sign') return `\`${token.sign}\``;
  if (token.kind === 'name') return `\`${token.name.slice(0, 40)}\``;
  return token.kind === 'number' ? 'a number' : 'a text';
}
