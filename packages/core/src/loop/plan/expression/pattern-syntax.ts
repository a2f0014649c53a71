/**
 * Reads a pattern: the part of regular expressions that can be matched in linear time. Groups,
 * alternatives, classes, repetitions and anchors are there; look-around and back references are
 * refused, since they are what makes matching take exponential time.
 */

export type PatternNode =
  | Readonly<{ kind: 'one'; fits: (code: number) => boolean }>
  | Readonly<{ kind: 'at'; place: 'start' | 'end' | 'word' | 'no-word' }>
  | Readonly<{ kind: 'all'; parts: readonly PatternNode[] }>
  | Readonly<{ kind: 'either'; ways: readonly PatternNode[] }>
  /** `most` null: any number. */
  | Readonly<{ kind: 'repeat'; of: PatternNode; least: number; most: number | null }>;

export type PatternError = Readonly<{ at: number; message: string }>;

const MAX_LENGTH = 500;
const MAX_DEPTH = 30;
const MAX_COUNT = 100;

const isDigit = (code: number) => code >= 48 && code <= 57;
export const isWord = (code: number) =>
  isDigit(code) || code === 95 || (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
const isBlank = (code: number) => code === 32 || (code >= 9 && code <= 13) || code === 160;
const classes: Readonly<Record<string, (code: number) => boolean>> = {
  d: isDigit,
  D: (code) => !isDigit(code),
  w: isWord,
  W: (code) => !isWord(code),
  s: isBlank,
  S: (code) => !isBlank(code),
};
const controls: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

export function readPattern(text: string): PatternNode | Readonly<{ error: PatternError }> {
  if (text.length > MAX_LENGTH)
    return { error: { at: MAX_LENGTH, message: `longer than ${MAX_LENGTH} characters` } };
  const reader = new Reader(text);
  const node = reader.ways(0);
  reader.needEnd();
  return reader.error === null ? node : { error: reader.error };
}

class Reader {
  readonly #text: string;
  #at = 0;
  error: PatternError | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  needEnd(): void {
    if (this.#at < this.#text.length) this.#refuse(this.#at, '`)` closes no group');
  }

  ways(depth: number): PatternNode {
    if (depth > MAX_DEPTH) this.#refuse(this.#at, `groups are deeper than ${MAX_DEPTH} levels`);
    const ways = [this.#sequence(depth)];
    while (this.#take('|')) ways.push(this.#sequence(depth));
    return ways.length === 1 ? ways[0]! : { kind: 'either', ways };
  }

  #sequence(depth: number): PatternNode {
    const parts: PatternNode[] = [];
    while (this.#at < this.#text.length && this.#sign() !== '|' && this.#sign() !== ')')
      parts.push(this.#repeated(depth));
    return { kind: 'all', parts };
  }

  #repeated(depth: number): PatternNode {
    let node = this.#atom(depth);
    for (let times = 0; this.#at < this.#text.length; times += 1) {
      const from = this.#at;
      const counts = this.#counts();
      if (counts === null) return node;
      if (times > 0) this.#refuse(from, 'a repetition of a repetition');
      if (node.kind === 'at') this.#refuse(from, 'nothing to repeat here');
      node = { kind: 'repeat', of: node, ...counts };
      this.#take('?');
    }
    return node;
  }

  #counts(): Readonly<{ least: number; most: number | null }> | null {
    if (this.#take('*')) return { least: 0, most: null };
    if (this.#take('+')) return { least: 1, most: null };
    if (this.#take('?')) return { least: 0, most: 1 };
    const counted = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.#text.slice(this.#at, this.#at + 12));
    if (counted === null) return null;
    const least = Number(counted[1]);
    const most = counted[2] === undefined ? least : counted[3] === '' ? null : Number(counted[3]);
    if (least > MAX_COUNT || (most ?? 0) > MAX_COUNT || (most !== null && most < least))
      this.#refuse(this.#at, `counts go from 0 to ${MAX_COUNT}, the smaller one first`);
    this.#at += counted[0].length;
    return { least, most };
  }

  #atom(depth: number): PatternNode {
    const from = this.#at;
    const sign = this.#sign();
    this.#at += 1;
    if (sign === '(') return this.#group(from, depth);
    if (sign === '[') return this.#set(from);
    if (sign === '\\') return this.#escape(from);
    if (sign === '.') return { kind: 'one', fits: (code) => code !== 10 };
    if (sign === '^') return { kind: 'at', place: 'start' };
    if (sign === '$') return { kind: 'at', place: 'end' };
    if ('*+?'.includes(sign)) this.#refuse(from, `nothing to repeat before \`${sign}\``);
    return literal(sign);
  }

  #group(from: number, depth: number): PatternNode {
    if (this.#sign() === '?' && !this.#take('?:'))
      this.#refuse(from, '`(?` other than `(?:` is not supported');
    const node = this.ways(depth + 1);
    if (!this.#take(')')) this.#refuse(from, 'this group is never closed');
    return node;
  }

  #escape(from: number): PatternNode {
    const sign = this.#sign();
    this.#at += 1;
    if (sign === '') this.#refuse(from, 'a backslash at the end');
    if (sign === 'b') return { kind: 'at', place: 'word' };
    if (sign === 'B') return { kind: 'at', place: 'no-word' };
    const fits = Object.hasOwn(classes, sign) ? classes[sign] : undefined;
    if (fits !== undefined) return { kind: 'one', fits };
    if (/[1-9k]/.test(sign)) this.#refuse(from, 'back references are not supported');
    return literal(controls[sign] ?? sign);
  }

  #set(from: number): PatternNode {
    const negated = this.#take('^');
    const tests: ((code: number) => boolean)[] = [];
    for (let first = true; first || this.#sign() !== ']'; first = false) {
      if (this.#at >= this.#text.length) {
        this.#refuse(from, 'this `[` is never closed');
        break;
      }
      const low = this.#member();
      const ranged = this.#sign() === '-' && (this.#text[this.#at + 1] ?? ']') !== ']';
      if (!ranged || typeof low === 'function') {
        tests.push(typeof low === 'function' ? low : sameAs(low));
        continue;
      }
      this.#at += 1;
      const high = this.#member();
      if (typeof high === 'function' || high < low) this.#refuse(from, 'a range goes upwards');
      else tests.push(within(low, high));
    }
    this.#take(']');
    const fits = (code: number) => tests.some((test) => test(code));
    return { kind: 'one', fits: negated ? (code) => !fits(code) : fits };
  }

  #member(): number | ((code: number) => boolean) {
    const sign = this.#sign();
    this.#at += 1;
    if (sign !== '\\') return sign.charCodeAt(0);
    const escaped = this.#sign();
    this.#at += 1;
    const known = Object.hasOwn(classes, escaped) ? classes[escaped] : undefined;
    return known ?? (controls[escaped] ?? (escaped === '' ? '\\' : escaped)).charCodeAt(0);
  }

  #sign(): string {
    return this.#text[this.#at] ?? '';
  }

  #take(text: string): boolean {
    const found = this.#text.startsWith(text, this.#at);
    if (found) this.#at += text.length;
    return found;
  }

  #refuse(at: number, message: string): void {
    this.error ??= { at, message };
    this.#at = this.#text.length;
  }
}

function literal(sign: string): PatternNode {
  return { kind: 'one', fits: sameAs(sign.charCodeAt(0)) };
}

/** Letters of a text that is searched are lower-case already. */
function sameAs(code: number): (code: number) => boolean {
  const low = String.fromCharCode(code).toLowerCase().charCodeAt(0);
  return (other) => other === low || other === code;
}

function within(low: number, high: number): (code: number) => boolean {
  return (code) => {
    if (code >= low && code <= high) return true;
    const upper = code >= 97 && code <= 122 ? code - 32 : code;
    return upper >= low && upper <= high;
  };
}
