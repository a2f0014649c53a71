/**
 * Decides an expression. Total: whatever it is given, it answers, and never throws.
 *
 * What is not known is null and spreads: a comparison with null is false, `and` and `or` are
 * Kleene's (`null and false` is false), a condition that ends in null does not hold. Work is bounded
 * by a budget of steps; beyond it everything is null.
 */
import type { Fact, PictureFact } from '../facts/fact.ts';
import type { BinaryOp, Expression, FactCall, Node, Value } from './expression.ts';
import { patternOf } from './pattern.ts';
import { factKey, type EvaluationContext } from './scope.ts';

const MAX_STEPS = 10_000;
const MAX_ITEMS = 1_000;
const MAX_TEXT = 2_000;
/** Questions that one expression may ask the shell. */
const MAX_CALLS = 100;

export function evaluate(expression: Expression, context: EvaluationContext): Value {
  return new Evaluation(context).value(expression.node);
}

/** Does the condition hold? What is not known does not hold. */
export function holds(expression: Expression, context: EvaluationContext): boolean {
  return evaluate(expression, context) === true;
}

/**
 * The questions to the shell that are still open. After they were answered there may be more, when
 * one answer is an argument of another question: ask again until none is left.
 */
export function callsOf(expression: Expression, context: EvaluationContext): readonly FactCall[] {
  const evaluation = new Evaluation(context);
  evaluation.value(expression.node);
  return [...evaluation.open.values()];
}

class Evaluation {
  readonly open = new Map<string, FactCall>();
  readonly #context: EvaluationContext;
  readonly #bound = new Map<string, Value>();
  #steps = 0;
  /** How often an answer was missing so far. */
  #missing = 0;

  constructor(context: EvaluationContext) {
    this.#context = context;
  }

  value(node: Node): Value {
    this.#steps += 1;
    if (this.#steps > MAX_STEPS) return null;
    switch (node.kind) {
      case 'literal':
        return node.value;
      case 'name':
        return this.#name(node.name);
      case 'member':
        return memberOf(this.value(node.of), node.name);
      case 'call':
        return this.#call(node);
      case 'unary':
        return this.#unary(node.op, this.value(node.of));
      case 'binary':
        return this.#binary(node);
      case 'list':
        return node.items.slice(0, MAX_ITEMS).map((item) => this.value(item));
      case 'quantified':
        return this.#quantified(node);
      default:
        return node satisfies never;
    }
  }

  #name(name: string): Value {
    const bound = this.#bound.get(name);
    if (bound !== undefined) return bound;
    const { names } = this.#context;
    return Object.hasOwn(names, name) ? (names[name] ?? null) : null;
  }

  #call({ name, args }: Extract<Node, { kind: 'call' }>): Value {
    const fact = this.#context.facts.get(name);
    if (fact === undefined) return null;
    const missing = this.#missing;
    const given = fact.params.map((param, index) => {
      const arg = args[index];
      return arg === undefined ? (param.fallback ?? null) : this.value(arg);
    });
    if (fact.source === 'picture') return this.#fromPicture(fact, given);
    if (this.#missing > missing) return null;
    return this.#fromShell(fact, given);
  }

  #fromPicture(fact: PictureFact, given: readonly Value[]): Value {
    this.#steps += 10;
    return this.#steps > MAX_STEPS ? null : bounded(fact.answer(this.#context.world, given));
  }

  #fromShell(fact: Fact, given: readonly Value[]): Value {
    const unknown = fact.params.some(
      (param, index) => param.fallback === undefined && given[index] === null,
    );
    if (unknown) return null;
    const call = { name: fact.name, args: given };
    const key = factKey(call);
    const answer = this.#context.answers.get(key);
    if (answer !== undefined) return bounded(answer);
    this.#missing += 1;
    if (this.open.size < MAX_CALLS) this.open.set(key, call);
    return null;
  }

  #unary(op: 'not' | '-', value: Value): Value {
    if (op === 'not') return typeof value === 'boolean' ? !value : null;
    return typeof value === 'number' ? -value : null;
  }

  #binary({ op, left, right }: Extract<Node, { kind: 'binary' }>): Value {
    const first = this.value(left);
    if (op === 'and' || op === 'or') {
      const deciding = op === 'or';
      if (first === deciding) return deciding;
      const second = this.value(right);
      if (second === deciding) return deciding;
      return first === !deciding && second === !deciding ? !deciding : null;
    }
    const second = this.value(right);
    if (op === '+' || op === '-' || op === '*' || op === '/') return arithmetic(op, first, second);
    if (first === null || second === null) return false;
    if (op === '~') return this.#matches(first, second);
    if (op === 'in')
      return (
        Array.isArray(second) && second.slice(0, MAX_ITEMS).some((item) => this.#same(first, item))
      );
    return this.#compare(op, first, second);
  }

  #matches(text: Value, pattern: Value): boolean {
    if (typeof text !== 'string' || typeof pattern !== 'string') return false;
    this.#steps += 5;
    return patternOf(pattern)?.(text) ?? false;
  }

  #compare(op: BinaryOp, first: Value, second: Value): boolean {
    if (op === '==') return this.#same(first, second);
    if (op === '!=') return !this.#same(first, second);
    if (typeof first !== 'number' || typeof second !== 'number') return false;
    if (op === '<') return first < second;
    if (op === '<=') return first <= second;
    return op === '>' ? first > second : first >= second;
  }

  /** Nested values are compared as far as the budget goes. */
  #same(first: Value, second: Value): boolean {
    this.#steps += 1;
    if (this.#steps > MAX_STEPS) return false;
    if (typeof first !== 'object' || typeof second !== 'object') return first === second;
    if (first === null || second === null) return false;
    const [a, b] = [Object.entries(first), Object.entries(second)];
    if (Array.isArray(first) !== Array.isArray(second) || a.length !== b.length) return false;
    const fields = new Map<string, Value>(b);
    return a.every(([field, value]) => this.#same(value, fields.get(field) ?? null));
  }

  #quantified({ all, name, over, that }: Extract<Node, { kind: 'quantified' }>): Value {
    const items = this.value(over);
    if (!Array.isArray(items)) return null;
    const hidden = this.#bound.get(name);
    let unknown = items.length > MAX_ITEMS;
    let decided = false;
    for (const item of items.slice(0, MAX_ITEMS) as Value[]) {
      if (this.#steps > MAX_STEPS) return null;
      this.#bound.set(name, item);
      const value = this.value(that);
      if (value === !all) decided = true;
      else if (value !== all) unknown = true;
      if (decided) break;
    }
    if (hidden === undefined) this.#bound.delete(name);
    else this.#bound.set(name, hidden);
    if (decided) return !all;
    return unknown ? null : all;
  }
}

function memberOf(of: Value, name: string): Value {
  if (of === null || typeof of !== 'object' || Array.isArray(of)) return null;
  if (!Object.hasOwn(of, name)) return null;
  return (of as Readonly<Record<string, Value>>)[name] ?? null;
}

function arithmetic(op: '+' | '-' | '*' | '/', first: Value, second: Value): Value {
  if (op === '+' && (typeof first === 'string' || typeof second === 'string')) {
    const plain = [first, second].every((value) => value !== null && typeof value !== 'object');
    return plain ? `${String(first)}${String(second)}`.slice(0, MAX_TEXT) : null;
  }
  if (typeof first !== 'number' || typeof second !== 'number') return null;
  const value =
    op === '+'
      ? first + second
      : op === '-'
        ? first - second
        : op === '*'
          ? first * second
          : first / second;
  return Number.isFinite(value) ? value : null;
}

/** What comes from outside obeys the same bounds. */
function bounded(value: Value): Value {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return Array.isArray(value) && value.length > MAX_ITEMS ? value.slice(0, MAX_ITEMS) : value;
}
