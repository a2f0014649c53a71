/**
 * Reads `.env` files as Compose does: `export`, comments, single quotes (literal), double quotes
 * (escapes and variables), values over several lines, and variables of earlier lines.
 */
import { interpolate, type Lookup } from './interpolate.ts';

export type DotenvEntry = Readonly<{ name: string; value: string; offset: number }>;
export type DotenvFault = Readonly<{
  offset: number;
  length: number;
  message: string;
  hint: string;
}>;
export type Dotenv = Readonly<{
  entries: readonly DotenvEntry[];
  faults: readonly DotenvFault[];
}>;

/** `raw`: Compose's `format: raw`, values are taken as they stand. */
export function parseDotenv(text: string, lookup: Lookup, raw = false): Dotenv {
  const entries: DotenvEntry[] = [];
  const faults: DotenvFault[] = [];
  const known = new Map<string, string>();
  const find: Lookup = (name) => lookup(name) ?? known.get(name);
  const body = text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
  let at = 0;
  while (at < body.length) {
    const lineEnd = endOfLine(body, at);
    const line = body.slice(at, lineEnd);
    const start = at + (line.length - line.trimStart().length);
    const bare = line.trim();
    at = lineEnd + 1;
    if (bare === '' || bare.startsWith('#')) continue;
    const match = /^(?:export[ \t]+)?([^\s=:#'"]+)[ \t]*(?:([=:])|$)/.exec(bare);
    const name = match?.[1];
    if (match === null || name === undefined || !/^[A-Za-z_][\w.-]*$/.test(name)) {
      const hint = 'Write NAME=value; names hold letters, digits and `_`; comments start with #.';
      faults.push({
        offset: start,
        length: bare.length,
        message: 'this line sets no variable',
        hint,
      });
      continue;
    }
    if (match[2] === undefined) {
      const inherited = lookup(name);
      if (inherited !== undefined) entries.push({ name, value: inherited, offset: start });
      continue;
    }
    const valueAt = start + match[0].length;
    const read = raw
      ? { value: body.slice(valueAt, lineEnd).replace(/\r$/, ''), end: lineEnd, fault: null }
      : readValue(body, valueAt, find);
    at = Math.max(at, read.end + 1);
    if (read.fault !== null) faults.push(read.fault);
    known.set(name, read.value);
    entries.push({ name, value: read.value, offset: start });
  }
  return { entries, faults };
}

type ValueRead = Readonly<{ value: string; end: number; fault: DotenvFault | null }>;

function readValue(text: string, from: number, find: Lookup): ValueRead {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  const quote = text[at];
  const lineEnd = endOfLine(text, at);
  if (quote !== '"' && quote !== "'") {
    const value = text
      .slice(at, lineEnd)
      .replace(/(^|\s)#.*$/, '')
      .trim();
    return expand(value, { at, end: lineEnd, find });
  }
  const close = closingQuote(text, at + 1, quote);
  if (close === -1) {
    const hint = `Close the value by ${quote}, or put it in the other kind of quotes.`;
    const message = 'a quote is opened here and never closed';
    return { value: '', end: lineEnd, fault: { offset: at, length: 1, message, hint } };
  }
  const inner = text.slice(at + 1, close);
  const end = endOfLine(text, close);
  const rest = text.slice(close + 1, end).trim();
  if (rest !== '' && !rest.startsWith('#')) {
    const message = 'text stands after the closing quote';
    const hint = 'Remove it, or put it inside the quotes.';
    return { value: inner, end, fault: { offset: close + 1, length: rest.length, message, hint } };
  }
  if (quote === "'") return { value: inner, end, fault: null };
  return expand(unescape(inner), { at, end, find });
}

function expand(
  value: string,
  { at, end, find }: Readonly<{ at: number; end: number; find: Lookup }>,
): ValueRead {
  const { text, faults } = interpolate(value, find);
  const [fault] = faults;
  // A lone dollar sign (a password, a price) is text here: only a broken `${…}` is refused.
  if (fault === undefined || (fault.kind === 'syntax' && fault.length === 1))
    return { value: text, end, fault: null };
  const { message, hint } = fault;
  return { value: text, end, fault: { offset: at, length: value.length, message, hint } };
}

function closingQuote(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\' && quote === '"') at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
}

/** `\$` becomes `$$`, which interpolation turns into a dollar sign. */
function unescape(text: string): string {
  const signs: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', $: '$$' };
  return text.replaceAll(/\\([nrt$"\\])/g, (_, sign: string) => signs[sign] ?? sign);
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}
