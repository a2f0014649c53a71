/**
 * Checks an expression when its file is loaded: names, facts, arguments and dimensions, so that a
 * runbook never fails for a spelling mistake in the middle of an incident.
 */
import type { Fact } from '../facts/fact.ts';
import type { Expression, Node, Value } from './expression.ts';
import { compilePattern } from './pattern.ts';
import type { Scope } from './scope.ts';
import { fits, numeric, typeWords, type ValueType } from './value-type.ts';

export type ExpressionProblem = Readonly<{
  /** Offsets into the text. */
  from: number;
  to: number;
  message: string;
  /** The word that is not known, and those that are; null: no such list. */
  unknown: Readonly<{ word: string; known: readonly string[] }> | null;
}>;

/** `wanted`: what the whole expression must be; a condition unless told. */
export function checkExpression(
  expression: Expression,
  scope: Scope,
  wanted: ValueType = 'boolean',
): readonly ExpressionProblem[] {
  const checker = new Checker(scope);
  const type = checker.typeOf(expression.node);
  if (!fits(type, wanted) && checker.problems.length === 0)
    checker.refuse(
      expression.node,
      `this is ${typeWords(type)}; wanted is ${typeWords(wanted)}${memberHint(type, wanted)}`,
    );
  return checker.problems;
}

/** The type of a whole expression, `any` where it has problems. */
export function typeOfExpression(expression: Expression, scope: Scope): ValueType {
  return new Checker(scope).typeOf(expression.node);
}

class Checker {
  readonly problems: ExpressionProblem[] = [];
  readonly #scope: Scope;
  readonly #bound = new Map<string, ValueType>();

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  refuse(node: Node, message: string, unknown: ExpressionProblem['unknown'] = null): 'any' {
    this.problems.push({ from: node.from, to: node.to, message, unknown });
    return 'any';
  }

  typeOf(node: Node): ValueType {
    switch (node.kind) {
      case 'literal':
        return literalType(node.value, node.unit);
      case 'name':
        return this.#name(node);
      case 'member':
        return this.#member(node);
      case 'call':
        return this.#call(node);
      case 'unary':
        return this.#unary(node);
      case 'binary':
        return this.#binary(node);
      case 'list':
        return this.#list(node.items);
      case 'quantified':
        return this.#quantified(node);
      default:
        return node satisfies never;
    }
  }

  #name(node: Extract<Node, { kind: 'name' }>): ValueType {
    const { name } = node;
    const bound = this.#bound.get(name);
    if (bound !== undefined) return bound;
    const { names, facts } = this.#scope;
    const known = Object.hasOwn(names, name) ? names[name] : undefined;
    if (known !== undefined) return known;
    if (facts.has(name)) return this.refuse(node, `\`${name}\` is a fact; write \`${name}(…)\``);
    return this.refuse(node, `\`${name}\` is not known here`, {
      word: name,
      known: [...Object.keys(names), ...this.#bound.keys()],
    });
  }

  #member(node: Extract<Node, { kind: 'member' }>): ValueType {
    const of = this.typeOf(node.of);
    if (of === 'any') return 'any';
    if (typeof of === 'string' || 'list' in of)
      return this.refuse(node, `${typeWords(of)} has no \`.${node.name}\``);
    const field = Object.hasOwn(of.record, node.name) ? of.record[node.name] : undefined;
    if (field !== undefined) return field;
    const known = Object.keys(of.record);
    const message = `there is no \`.${node.name}\` here; there is ${known.join(', ')}`;
    return this.refuse(node, message, { word: node.name, known });
  }

  #call(node: Extract<Node, { kind: 'call' }>): ValueType {
    const fact = this.#scope.facts.get(node.name);
    const types = node.args.map((arg) => this.typeOf(arg));
    if (fact === undefined) {
      const known = [...this.#scope.facts.keys()];
      return this.refuse(node, `there is no fact \`${node.name}\``, { word: node.name, known });
    }
    const least = fact.params.filter(({ fallback }) => fallback === undefined).length;
    if (types.length < least || types.length > fact.params.length)
      return this.refuse(node, `write \`${signatureOf(fact)}\``);
    for (const [index, type] of types.entries()) this.#argument(fact, index, [node, type]);
    if (typeof fact.result !== 'function') return fact.result;
    return fact.result(fact.params.map((_param, index) => literalOf(node.args[index])));
  }

  #argument(
    fact: Fact,
    index: number,
    [node, type]: readonly [Extract<Node, { kind: 'call' }>, ValueType],
  ): void {
    const param = fact.params[index];
    const arg = node.args[index];
    if (param === undefined || arg === undefined) return;
    if (!fits(type, param.type) && !isZero(arg, param.type)) {
      const wanted = `\`${param.name}\` of \`${fact.name}\` is ${typeWords(param.type)}`;
      this.refuse(arg, `${wanted}, this is ${typeWords(type)}${memberHint(type, param.type)}`);
      return;
    }
    const word = literalOf(arg);
    if (typeof word !== 'string') return;
    if (param.oneOf !== undefined && !param.oneOf.includes(word))
      this.refuse(arg, `\`${fact.name}\` knows no \`${word}\``, { word, known: param.oneOf });
    if (param.pattern === true) this.#pattern(arg, word);
  }

  #pattern(node: Node, text: string): void {
    const compiled = compilePattern(text);
    if (typeof compiled !== 'function')
      this.refuse(node, `this pattern cannot be used: ${compiled.error.message}`);
  }

  #unary(node: Extract<Node, { kind: 'unary' }>): ValueType {
    const type = this.typeOf(node.of);
    if (node.op === 'not') return this.#condition(node.of, type);
    if (type === 'any' || type === 'null' || (numeric.includes(type) && type !== 'risk'))
      return type;
    return this.refuse(node, `\`-\` needs a number, this is ${typeWords(type)}`);
  }

  #condition(node: Node, type: ValueType): ValueType {
    if (!fits(type, 'boolean'))
      this.refuse(
        node,
        `a condition is wanted, this is ${typeWords(type)}${memberHint(type, 'boolean')}`,
      );
    return 'boolean';
  }

  #binary(node: Extract<Node, { kind: 'binary' }>): ValueType {
    const left = this.typeOf(node.left);
    const right = this.typeOf(node.right);
    switch (node.op) {
      case 'or':
      case 'and':
        this.#condition(node.left, left);
        return this.#condition(node.right, right);
      case '~':
        return this.#matches(node, left, right);
      case 'in':
        return this.#within(node, left, right);
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return this.#comparison(node, left, right);
      default:
        return this.#arithmetic(node, left, right);
    }
  }

  #matches(node: Extract<Node, { kind: 'binary' }>, left: ValueType, right: ValueType): ValueType {
    for (const [side, type] of [
      [node.left, left],
      [node.right, right],
    ] as const)
      if (!fits(type, 'string'))
        this.refuse(side, `\`~\` needs a text, this is ${typeWords(type)}`);
    const text = literalOf(node.right);
    if (typeof text === 'string') this.#pattern(node.right, text);
    return 'boolean';
  }

  #within(node: Extract<Node, { kind: 'binary' }>, left: ValueType, right: ValueType): ValueType {
    if (right === 'any' || right === 'null') return 'boolean';
    if (typeof right === 'string' || !('list' in right))
      this.refuse(node.right, `\`in\` needs a list, this is ${typeWords(right)}`);
    else if (!fits(left, right.list) && !fits(right.list, left))
      this.refuse(node, `${typeWords(left)} is never in ${typeWords(right)}`);
    return 'boolean';
  }

  #comparison(
    node: Extract<Node, { kind: 'binary' }>,
    left: ValueType,
    right: ValueType,
  ): ValueType {
    if (left === 'null' || right === 'null') {
      this.refuse(node, 'a comparison with null is never true; write `known(…)`');
      return 'boolean';
    }
    const ordered = node.op !== '==' && node.op !== '!=';
    const same =
      fits(left, right) ||
      fits(right, left) ||
      isZero(node.left, right) ||
      isZero(node.right, left);
    if (!same) {
      const hint = left === 'number' || right === 'number' ? '; give the number a unit' : '';
      this.refuse(node, `${typeWords(left)} is compared with ${typeWords(right)}${hint}`);
    } else if (ordered && ![left, right].every((type) => isOrdered(type)))
      this.refuse(node, `\`${node.op}\` needs numbers, this is ${typeWords(left)}`);
    return 'boolean';
  }

  #arithmetic(
    node: Extract<Node, { kind: 'binary' }>,
    left: ValueType,
    right: ValueType,
  ): ValueType {
    if (left === 'any' || right === 'any' || left === 'null' || right === 'null') return 'any';
    const made = arithmeticType(node.op, left, right);
    if (made !== null) return made;
    const words = { '+': 'added to', '-': 'taken from', '*': 'multiplied by', '/': 'divided by' };
    const verb = words[node.op as keyof typeof words];
    const [first, second] = node.op === '+' || node.op === '-' ? [right, left] : [left, right];
    return this.refuse(node, `${typeWords(first)} cannot be ${verb} ${typeWords(second)}`);
  }

  #list(items: readonly Node[]): ValueType {
    const types = items.map((item) => this.typeOf(item));
    const [first = 'any'] = types;
    return { list: types.every((type) => fits(type, first)) ? first : 'any' };
  }

  #quantified(node: Extract<Node, { kind: 'quantified' }>): ValueType {
    const over = this.typeOf(node.over);
    if (over !== 'any' && over !== 'null' && (typeof over === 'string' || !('list' in over)))
      this.refuse(
        node.over,
        `\`${node.all ? 'all' : 'any'}\` needs a list, this is ${typeWords(over)}`,
      );
    const item = typeof over === 'object' && 'list' in over ? over.list : 'any';
    const hidden = this.#bound.get(node.name);
    this.#bound.set(node.name, item);
    this.#condition(node.that, this.typeOf(node.that));
    if (hidden === undefined) this.#bound.delete(node.name);
    else this.#bound.set(node.name, hidden);
    return 'boolean';
  }
}

/** `exits(service, window?)` */
export function signatureOf({ name, params }: Fact): string {
  const words = params.map((param) => `${param.name}${param.fallback === undefined ? '' : '?'}`);
  return `${name}(${words.join(', ')})`;
}

function literalType(value: Value, unit: 'duration' | 'bytes' | undefined): ValueType {
  if (unit !== undefined) return unit;
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'number' ? 'number' : typeof value === 'string' ? 'string' : 'any';
}

function literalOf(node: Node | undefined): Value {
  return node?.kind === 'literal' ? node.value : null;
}

function isZero(node: Node, other: ValueType): boolean {
  return literalOf(node) === 0 && numeric.includes(other);
}

function isOrdered(type: ValueType): boolean {
  return type === 'any' || type === 'null' || numeric.includes(type);
}

function memberHint(type: ValueType, wanted: ValueType): string {
  if (typeof type === 'string' || 'list' in type) return '';
  const field = Object.entries(type.record).find(([, of]) => of !== 'any' && fits(of, wanted));
  return field === undefined ? '' : `; did you mean \`.${field[0]}\`?`;
}

function arithmeticType(op: string, left: ValueType, right: ValueType): ValueType | null {
  if (op === '+' && (left === 'string' || right === 'string')) {
    const scalar = [left, right].every((type) => typeof type === 'string');
    return scalar ? 'string' : null;
  }
  const amounts: readonly ValueType[] = ['number', 'duration', 'bytes'];
  const [first, second] = [amounts.includes(left), amounts.includes(right)];
  if (op === '+' || op === '-') {
    if (left === 'time' && right === 'time') return op === '-' ? 'duration' : null;
    if (left === 'time' && right === 'duration') return 'time';
    return first && left === right ? left : null;
  }
  if (!first || !second) return null;
  if (op === '*') return left === 'number' ? right : right === 'number' ? left : null;
  return right === 'number' ? left : 'number';
}
