/**
 * Shapes of single values: text, numbers, durations, sizes. Numbers and switches may also come as
 * text, because an interpolated variable is text; the schema lets `${…}` stand anywhere.
 */
import { parseDuration } from '@fettle/sdk/duration';
import { nearestOf } from '../problem/nearest.ts';
import type { ProblemSink } from '../problem/problem.ts';
import type { ConfigNode, ScalarNode } from '../source/node.ts';
import { lastOf, refuseType, type JsonSchema, type Shape } from './shape.ts';

const variable: JsonSchema = { type: 'string', pattern: '\\$' };

export type Refusal = Readonly<{
  code: string;
  message: string;
  hint: string;
  allowed?: readonly string[];
  nearest?: string | null;
}>;

export function refuse(
  node: ConfigNode,
  path: string,
  sink: ProblemSink,
  refusal: Refusal,
): undefined {
  const seen = node.kind === 'scalar' ? node.text : null;
  sink.add({ spot: node.spot, path, seen, ...refusal });
  return undefined;
}

/** Builds a shape over scalars. `parse` returns the value or what is wrong with it. */
function scalar<T>(
  wanted: string,
  json: JsonSchema,
  parse: (node: ScalarNode, path: string) => Readonly<{ value: T }> | Refusal,
): Shape<T> {
  return {
    wanted,
    fits: (node) => node.kind === 'scalar' && node.value !== null,
    read: (node, path, sink) => {
      if (node.kind !== 'scalar' || node.value === null)
        return refuseType(node, { path, sink, wanted });
      const result = parse(node, path);
      return 'value' in result ? result.value : refuse(node, path, sink, result);
    },
    json,
  };
}

const seenIn = (node: ScalarNode, path: string) => `\`${lastOf(path)}\` is \`${short(node.text)}\``;

export function short(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}

function wrong(node: ScalarNode, path: string, wanted: string, code = 'E-CONFIG-VALUE'): Refusal {
  const message = `${seenIn(node, path)}; wanted is ${wanted}`;
  return { code, message, hint: `Write ${wanted}.` };
}

/** Any scalar, as it was typed. */
export function text(wanted = 'text', options: Readonly<{ empty?: boolean }> = {}): Shape<string> {
  const json = { type: ['string', 'number', 'boolean'] };
  return scalar(wanted, json, (node, path) => {
    const value = typeof node.value === 'string' ? node.value : node.text;
    if (value === '' && options.empty !== true) return wrong(node, path, wanted);
    if (value.includes('\0')) return wrong(node, path, 'text without a NUL character');
    return { value };
  });
}

/** Text of one form. */
export function pattern(form: RegExp, wanted: string, code = 'E-CONFIG-VALUE'): Shape<string> {
  const json = { anyOf: [{ type: 'string', pattern: form.source }, variable] };
  return scalar(wanted, json, (node, path) =>
    form.test(node.text) ? { value: node.text } : wrong(node, path, wanted, code),
  );
}

export function words<W extends string>(allowed: readonly W[], code = 'E-CONFIG-VALUE'): Shape<W> {
  const wanted = listWords(allowed);
  return scalar(wanted, { anyOf: [{ enum: [...allowed] }, variable] }, (node, path) => {
    const found = allowed.find((word) => word === node.text);
    if (found !== undefined) return { value: found };
    const nearest = nearestOf(node.text, allowed);
    const guess = nearest === null ? '' : `; did you mean \`${nearest}\`?`;
    const message = `${seenIn(node, path)}; allowed is ${wanted}${guess}`;
    const hint = nearest === null ? `Write ${wanted}.` : `Write \`${nearest}\`.`;
    return { code, message, hint, allowed, nearest };
  });
}

export function listWords(allowed: readonly string[]): string {
  if (allowed.length < 2) return allowed.join('');
  return `${allowed.slice(0, -1).join(', ')} or ${allowed.at(-1)}`;
}

export const flag: Shape<boolean> = scalar(
  'true or false',
  { anyOf: [{ type: 'boolean' }, variable, { enum: ['true', 'false', 'yes', 'no', 'on', 'off'] }] },
  (node, path) => {
    const word = node.text.toLowerCase();
    if (['true', 'yes', 'on'].includes(word)) return { value: true };
    if (['false', 'no', 'off'].includes(word)) return { value: false };
    return wrong(node, path, 'true or false', 'E-CONFIG-TYPE');
  },
);

export type NumberBounds = Readonly<{ min: number; max: number; whole: boolean; wanted: string }>;

export function numberIn({ min, max, whole, wanted }: NumberBounds): Shape<number> {
  const type = whole ? 'integer' : 'number';
  const json = { anyOf: [{ type, minimum: min, maximum: max }, variable, digits] };
  return scalar(wanted, json, (node, path) => {
    const value = readNumber(node);
    if (value === null || (whole && !Number.isInteger(value)))
      return wrong(node, path, wanted, 'E-CONFIG-TYPE');
    if (value < min || value > max) return wrong(node, path, wanted, 'E-CONFIG-RANGE');
    return { value };
  });
}

const digits: JsonSchema = { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]+)?$' };

function readNumber(node: ScalarNode): number | null {
  if (typeof node.value === 'number') return Number.isFinite(node.value) ? node.value : null;
  return /^-?\d+(\.\d+)?$/.test(node.text) ? Number(node.text) : null;
}

export function count(min: number, max: number): Shape<number> {
  const wanted = `a whole number from ${min} to ${max}`;
  return numberIn({ min, max, whole: true, wanted });
}

const MAX_DURATION_MS = 366 * 86_400_000;

/** Milliseconds. `positive`: `0s` is refused. */
export function duration(options: Readonly<{ positive?: boolean }> = {}): Shape<number> {
  const wanted = 'a duration such as 500ms, 10s or 1m30s';
  const json = { type: ['string', 'number'], description: 'A duration: 500ms, 10s, 1m30s, 2h.' };
  return scalar(wanted, json, (node, path) => {
    const value = parseDuration(node.text);
    if (value === null || (options.positive === true && value === 0)) {
      const said = options.positive === true && value === 0 ? `${wanted}, more than zero` : wanted;
      return wrong(node, path, said, 'E-CONFIG-DURATION');
    }
    if (value > MAX_DURATION_MS) return wrong(node, path, 'at most 366d', 'E-CONFIG-DURATION');
    return { value };
  });
}

const unitBytes: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};

/** Bytes; units count in 1024, as Docker's do. */
export const byteSize: Shape<number> = scalar(
  'a size such as 512m or 2g',
  { type: ['string', 'integer'], description: 'A size: 512m, 2g, 64kb; units count in 1024.' },
  (node, path) => {
    const match = /^(\d+(?:\.\d+)?)\s*(b|[kmgt](?:i?b)?)?$/i.exec(node.text.trim());
    const unit = unitBytes[(match?.[2] ?? '').slice(0, 1).toLowerCase()];
    if (match === null || unit === undefined) return wrong(node, path, 'a size such as 512m or 2g');
    const bytes = Math.floor(Number(match[1]) * unit);
    if (bytes < 1024 ** 2 || bytes > 1024 ** 5)
      return wrong(node, path, 'a size from 1m to 1024t', 'E-CONFIG-RANGE');
    return { value: bytes };
  },
);

export type ParsedOptions = Readonly<{
  wanted: string;
  code: string;
  json: JsonSchema;
  /** Words that a misspelt value may have meant. */
  like?: readonly string[];
}>;

/** A scalar by a parser of the caller's: for ports, URLs, signals. */
export function parsed<T>(options: ParsedOptions, parse: (text: string) => T | null): Shape<T> {
  return scalar(options.wanted, options.json, (node, path) => {
    const value = parse(node.text.trim());
    if (value !== null) return { value };
    const refusal = wrong(node, path, options.wanted, options.code);
    const nearest = nearestOf(node.text, options.like ?? []);
    return nearest === null
      ? refusal
      : { ...refusal, nearest, hint: `Did you mean \`${nearest}\`?` };
  });
}
