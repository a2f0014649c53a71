/**
 * Replaces variables in a value as the Compose specification words it ("Interpolation"): `$NAME`,
 * `${NAME}`, defaults `:-` `-`, required `:?` `?`, alternatives `:+` `+`, nested, and `$$` for `$`.
 */

/** `undefined`: not set. */
export type Lookup = (name: string) => string | undefined;

export type InterpolationFault = Readonly<{
  kind: 'syntax' | 'required';
  /** Index into the text, and how many characters to mark. */
  at: number;
  length: number;
  message: string;
  hint: string;
}>;
export type Interpolated = Readonly<{
  text: string;
  faults: readonly InterpolationFault[];
  /** Names that were not set and had no default: they became empty. */
  unset: readonly string[];
}>;

const MAX_NESTING = 20;
const nameAt = /[A-Za-z_][A-Za-z0-9_]*/y;

export function interpolate(text: string, lookup: Lookup): Interpolated {
  if (!text.includes('$')) return { text, faults: [], unset: [] };
  const scan = new Scan(text, lookup);
  return { text: scan.run(), faults: scan.faults, unset: [...scan.unset] };
}

class Scan {
  readonly faults: InterpolationFault[] = [];
  readonly unset = new Set<string>();
  readonly #text: string;
  readonly #lookup: Lookup;
  #at = 0;

  constructor(text: string, lookup: Lookup) {
    this.#text = text;
    this.#lookup = lookup;
  }

  run(): string {
    return this.#until('', 0, true);
  }

  /** Reads up to `stop` (not consumed). `live` false: a branch that is not taken sets nothing. */
  #until(stop: string, depth: number, live: boolean): string {
    let out = '';
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] ?? '';
      if (char === stop && stop !== '') return out;
      if (char !== '$') {
        out += char;
        this.#at += 1;
      } else out += this.#variable(depth, live);
    }
    return out;
  }

  #variable(depth: number, live: boolean): string {
    const start = this.#at;
    const next = this.#text[start + 1];
    if (next === '$') {
      this.#at += 2;
      return '$';
    }
    if (next === '{') return this.#braced(start, depth, live);
    const name = this.#name(start + 1);
    if (name === null) {
      this.#at += 1;
      this.#fault('syntax', start, 1, 'a `$` stands here without a name');
      return '$';
    }
    this.#at = start + 1 + name.length;
    return this.#value(name, live);
  }

  #braced(start: number, depth: number, live: boolean): string {
    const name = this.#name(start + 2);
    if (name === null || depth >= MAX_NESTING) {
      const close = this.#text.indexOf('}', start);
      this.#at = close === -1 ? this.#text.length : close + 1;
      const what =
        name === null ? '`${` must be followed by a name' : 'variables are nested too deep';
      this.#fault('syntax', start, this.#at - start, what);
      return '';
    }
    this.#at = start + 2 + name.length;
    if (this.#text[this.#at] === '}') {
      this.#at += 1;
      return this.#value(name, live);
    }
    const sign = /(?::?[-?+])/y;
    sign.lastIndex = this.#at;
    const operator = sign.exec(this.#text)?.[0];
    if (operator === undefined) {
      const close = this.#text.indexOf('}', this.#at);
      this.#at = close === -1 ? this.#text.length : close + 1;
      const what =
        close === -1
          ? '`${` is not closed by `}`'
          : `\`\${${name}\` is followed by an unknown sign`;
      this.#fault('syntax', start, this.#at - start, what);
      return '';
    }
    this.#at += operator.length;
    return this.#operated(start, { name, operator, depth, live });
  }

  #operated(
    start: number,
    {
      name,
      operator,
      depth,
      live,
    }: Readonly<{ name: string; operator: string; depth: number; live: boolean }>,
  ): string {
    const value = this.#lookup(name);
    const present = value !== undefined && !(operator.startsWith(':') && value === '');
    const kind = operator.at(-1);
    const taken = kind === '+' ? present : !present;
    const word = this.#until('}', depth + 1, live && taken);
    if (this.#text[this.#at] !== '}') {
      this.#fault('syntax', start, this.#at - start, '`${` is not closed by `}`');
      return '';
    }
    this.#at += 1;
    if (kind === '+') return present ? word : '';
    if (present) return value;
    if (kind === '-') return word;
    if (live) {
      const message = `${name} is ${value === undefined ? 'not set' : 'empty'}${word === '' ? '' : `: ${word}`}`;
      this.#fault('required', start, this.#at - start, message);
    }
    return '';
  }

  #value(name: string, live: boolean): string {
    const value = this.#lookup(name);
    if (value === undefined && live) this.unset.add(name);
    return value ?? '';
  }

  #name(at: number): string | null {
    nameAt.lastIndex = at;
    return nameAt.exec(this.#text)?.[0] ?? null;
  }

  #fault(kind: InterpolationFault['kind'], at: number, length: number, message: string): void {
    const name = /^\w+/.exec(message)?.[0];
    const hint =
      kind === 'required'
        ? `Set ${name} in the environment or in .env.`
        : 'Write `$$` for a dollar sign, or `${NAME:-default}` for a variable.';
    this.faults.push({ kind, at, length: Math.max(1, length), message, hint });
  }
}
