/**
 * Cuts an expression into tokens. Numbers carry units (`10s`, `20MB`, `5%`), so that a runbook says
 * `ms < 200ms` and never has to know in which unit a figure is kept.
 */
import type { Value } from './expression.ts';

export type Token = Readonly<{ from: number; to: number }> &
  (
    | Readonly<{ kind: 'number'; value: number; unit: 'duration' | 'bytes' | null }>
    | Readonly<{ kind: 'string'; value: string }>
    | Readonly<{ kind: 'name'; name: string }>
    | Readonly<{ kind: 'sign'; sign: string }>
    | Readonly<{ kind: 'end' }>
  );

/** Where an expression cannot be read, and why. `at` counts UTF-16 units from its start. */
export type ExpressionError = Readonly<{ at: number; message: string }>;

const durations: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const sizes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
/** Habits of other languages, and what is written here. */
const habits: Readonly<Record<string, string>> = {
  '&&': '`and`',
  '||': '`or`',
  '=': '`==`',
  '!': '`not`',
  '=~': '`~`',
  '===': '`==`',
  '!==': '`!=`',
  '?': '`and` and `or`',
};

const blank = /[ \t\r\n]+/y;
const number = /(?:\d+(?:\.\d+)?|\.\d+)/y;
const unit = /%|[A-Za-z]+/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const sign = /===|!==|&&|\|\||=~|==|!=|<=|>=|[<>~+\-*/().,:[\]=!?]/y;

export function tokenize(text: string): readonly Token[] | Readonly<{ error: ExpressionError }> {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    at += matchAt(blank, text, at).length;
    if (at >= text.length) break;
    const token = tokenAt(text, at);
    if ('error' in token) return token;
    tokens.push(token);
    at = token.to;
  }
  return [...tokens, { kind: 'end', from: text.length, to: text.length }];
}

function tokenAt(text: string, from: number): Token | Readonly<{ error: ExpressionError }> {
  const first = text[from] ?? '';
  if (first === "'" || first === '"') return stringAt(text, from);
  if (matchAt(number, text, from) !== '') return numberAt(text, from);
  const word = matchAt(name, text, from);
  if (word !== '') return { kind: 'name', name: word, from, to: from + word.length };
  const found = matchAt(sign, text, from);
  const meant = habits[found];
  if (meant !== undefined) return fault(from, `\`${found}\` is not known here; write ${meant}`);
  if (found !== '') return { kind: 'sign', sign: found, from, to: from + found.length };
  if (first === '$') return fault(from, 'names stand alone here: write `port`, not `${port}`');
  return fault(from, `\`${printable(first)}\` means nothing here`);
}

/** A backslash hides the quote and nothing else, so that patterns are written as they are. */
function stringAt(text: string, from: number): Token | Readonly<{ error: ExpressionError }> {
  const quote = text[from] ?? '';
  let value = '';
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === quote) return { kind: 'string', value, from, to: at + 1 };
    if (text[at] === '\\' && text[at + 1] === quote) at += 1;
    value += text[at];
  }
  return fault(from, `the ${quote} that opens here is never closed`);
}

/** `1m30s` is one number. */
function numberAt(text: string, from: number): Token | Readonly<{ error: ExpressionError }> {
  let at = from;
  let value = 0;
  let kind: 'duration' | 'bytes' | null = null;
  for (let part = 0; ; part += 1) {
    const digits = matchAt(number, text, at);
    if (digits === '' || (part > 0 && kind !== 'duration')) break;
    const suffix = matchAt(unit, text, at + digits.length);
    const read = scale(suffix);
    if (read === null)
      return fault(
        at + digits.length,
        `\`${suffix.slice(0, 20)}\` is no unit; there are ms s m h d, B kB MB GB TB KiB MiB GiB TiB, and %`,
      );
    if (part > 0 && read.kind !== 'duration') return fault(at, 'a unit is missing here');
    value += Number(digits) * read.factor;
    kind = read.kind;
    at += digits.length + suffix.length;
  }
  return Number.isFinite(value)
    ? { kind: 'number', value, unit: kind, from, to: at }
    : fault(from, 'this number is too large');
}

function scale(
  suffix: string,
): Readonly<{ kind: 'duration' | 'bytes' | null; factor: number }> | null {
  if (suffix === '') return { kind: null, factor: 1 };
  if (suffix === '%') return { kind: null, factor: 0.01 };
  const ms = Object.hasOwn(durations, suffix) ? durations[suffix] : undefined;
  if (ms !== undefined) return { kind: 'duration', factor: ms };
  const bytes = Object.hasOwn(sizes, suffix) ? sizes[suffix] : undefined;
  return bytes === undefined ? null : { kind: 'bytes', factor: bytes };
}

function matchAt(form: RegExp, text: string, at: number): string {
  form.lastIndex = at;
  return form.exec(text)?.[0] ?? '';
}

function fault(at: number, message: string): Readonly<{ error: ExpressionError }> {
  return { error: { at, message } };
}

function printable(sign: string): string {
  const code = sign.codePointAt(0) ?? 0;
  return code < 0x20 || code === 0x7f ? `U+${code.toString(16).padStart(4, '0')}` : sign;
}

/** The literal words. */
export const wordValues: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
