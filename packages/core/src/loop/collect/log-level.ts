/**
 * Finds the level of a log line in its bytes, without making a string of it.
 *
 * The index counts levels over every line that is ever written, so this must cost tens of
 * nanoseconds: only words that begin like a level are compared, and only in the head of a line,
 * where loggers put the level. Lower-case words count when they are marked (`[error]`, `error:`,
 * `level=error`), since prose says "no error" as well. In a JSON line every `"level":` is looked
 * at and the worst wins; the exact answer is then in `log-line.ts`. Counting too much here costs a
 * read, counting too little would hide a line, so doubt counts.
 * Sources: pino and bunyan levels (10-60), syslog severities (RFC 5424), glog and Python headers.
 */
import type { LogLevel } from '@fettle/sdk/api/documents';

/** Level codes: 0 is none, then `trace` to `fatal` as 1 to 6. */
export const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** Bytes of a text line in which its level is looked for. */
const HEAD_BYTES = 160;
const LONGEST_WORD = 12;

const WORDS: ReadonlyMap<string, number> = new Map(
  [
    'trace trc silly finest',
    'debug dbug dbg verbose fine',
    'info inf information notice http log',
    'warn warning wrn',
    'error err severe fail exception',
    'fatal ftl critical crit panic alert emerg emergency panicked segmentation',
  ].flatMap((words, index) => words.split(' ').map((word) => [word, index + 1] as const)),
);
/** Everyday words: levels only where a key or brackets say so. */
const NEVER_BARE = new Set('silly finest verbose fine http log fail exception'.split(' '));
/** Words that tell the worst by themselves, however they are written. */
const ALWAYS = new Set(['panicked', 'segmentation']);

type Word = Readonly<{ bytes: Uint8Array; code: number; bare: boolean; always: boolean }>;
const BY_START: readonly (readonly Word[])[] = Array.from({ length: 26 * 16 }, (_, slot) =>
  [...WORDS]
    .filter(([word]) => slotOf(word.charCodeAt(0), word.length) === slot)
    .map(([word, code]) => ({
      bytes: Uint8Array.from(word, (letter) => letter.charCodeAt(0)),
      code,
      bare: !NEVER_BARE.has(word),
      always: ALWAYS.has(word),
    })),
);

function slotOf(letter: number, length: number): number {
  return ((letter | 0x20) - 0x61) * 16 + length;
}

// Kinds of bytes: 0 other, 1 part of a word, 2 a letter that begins a level word.
const KIND = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++)
  KIND[byte] = byte > 127 || /\w/.test(String.fromCharCode(byte)) ? 1 : 0;
for (const word of WORDS.keys()) {
  KIND[word.charCodeAt(0)] = 2;
  KIND[word.charCodeAt(0) - 32] = 2;
}

const ESC = 0x1b;
const QUOTE = 0x22;
const COLON = 0x3a;
const SPACE = 0x20;
const OPENING = new Set([0x5b, 0x3c, 0x28, 0x7c]);
const CLOSING = new Set([0x5d, 0x3e, 0x29, 0x7c, COLON]);

export function levelCode(name: string): number {
  return WORDS.get(name.toLowerCase()) ?? 0;
}

export function levelName(code: number): LogLevel | null {
  return LEVELS[code - 1] ?? null;
}

/** Numbers under 8 are syslog severities (GELF), others pino's and bunyan's. */
export function levelOfNumber(value: number): number {
  if (!(value >= 0)) return 0;
  if (value < 8) return [6, 6, 6, 5, 4, 3, 3, 2][Math.floor(value)]!;
  return Math.min(6, Math.max(1, Math.floor(value / 10)));
}

/** Level code of the line at `[start, end)`, the newline not included. */
export function levelOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let from = start;
  while (from < end && (bytes[from] === SPACE || bytes[from] === 0x09)) from++;
  if (from >= end) return 0;
  if (bytes[from] === 0x7b) return levelOfJson(bytes, from, end);
  const glog = levelOfGlog(bytes, from, end);
  return glog === 0 ? levelOfText(bytes, from, end) : glog;
}

function levelOfText(bytes: Uint8Array, start: number, end: number): number {
  const head = Math.min(end, start + HEAD_BYTES);
  let at = start;
  while (at < head) {
    const byte = bytes[at]!;
    const kind = KIND[byte]!;
    if (kind === 0) {
      at = byte === ESC ? afterEscape(bytes, at, end) : at + 1;
      continue;
    }
    let stop = at + 1;
    while (stop < head && KIND[bytes[stop]!] !== 0) stop++;
    const length = stop - at;
    if (kind === 2 && length >= 3 && length <= LONGEST_WORD) {
      const code = levelOfWord(bytes, start, at, stop);
      if (code !== 0) return code;
    }
    if (bytes[stop] === COLON && stop < end && namesError(bytes, at, stop)) return 5;
    at = stop;
  }
  return 0;
}

/** Where the text goes on after a terminal escape (ECMA-48). */
function afterEscape(bytes: Uint8Array, at: number, end: number): number {
  let stop = at + 1;
  if (bytes[stop] === 0x5b) stop++;
  while (stop < end && bytes[stop]! < 0x40) stop++;
  return stop + 1;
}

function levelOfWord(bytes: Uint8Array, line: number, at: number, stop: number): number {
  const words = BY_START[slotOf(bytes[at]!, stop - at)]!;
  for (const word of words) {
    if (!sameLetters(bytes, at, word.bytes)) continue;
    if (word.always || (word.bare && isUpper(bytes, at, stop))) return word.code;
    if (isMarked(bytes, line, at, stop)) return word.code;
    // Node and Python print `Error [CODE]:` and `Exception in thread` at the start of a line.
    if (at === line && word.code === 5 && bytes[at]! < 0x60 && bytes[stop] === SPACE)
      return bytes[stop + 1] === 0x5b || bytes[stop + 1] === 0x69 ? 5 : 0;
  }
  return at === line && startsTrace(bytes, at, stop) ? 5 : 0;
}

function sameLetters(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 1; i < word.length; i++) if ((bytes[at + i]! | 0x20) !== word[i]) return false;
  return true;
}

function isUpper(bytes: Uint8Array, at: number, stop: number): boolean {
  for (let i = at; i < stop; i++) if (bytes[i]! > 0x5a) return false;
  return true;
}

/** `[word]`, `word:`, `<word>`, `level=word`, `severity="word"`. */
function isMarked(bytes: Uint8Array, line: number, at: number, stop: number): boolean {
  const next = bytes[stop]!;
  if (next === COLON && bytes[stop + 1] !== 0x2f) return true;
  let before = at - 1;
  if (before >= line && OPENING.has(bytes[before]!)) return CLOSING.has(next) || next === SPACE;
  if (bytes[before] === QUOTE) before--;
  if (bytes[before] !== 0x3d) return false;
  const last = (bytes[before - 1] ?? 0) | 0x20;
  const beforeLast = (bytes[before - 2] ?? 0) | 0x20;
  // level= and lvl= end in `el`, `vl`; severity= in `ty`.
  return last === 0x6c ? beforeLast === 0x65 || beforeLast === 0x76 : last === 0x79;
}

const TRACEBACK = Uint8Array.from('traceback', (letter) => letter.charCodeAt(0));

function startsTrace(bytes: Uint8Array, at: number, stop: number): boolean {
  return stop - at === TRACEBACK.length && sameLetters(bytes, at, TRACEBACK);
}

const SUFFIXES = ['Error', 'Exception'].map((word) =>
  Uint8Array.from(word, (letter) => letter.charCodeAt(0)),
);

/** `TypeError:`, `psycopg2.OperationalError:`, `java.io.IOException:`. */
function namesError(bytes: Uint8Array, at: number, stop: number): boolean {
  return SUFFIXES.some((suffix) => {
    const from = stop - suffix.length;
    if (from < at) return false;
    for (let i = 0; i < suffix.length; i++) if (bytes[from + i] !== suffix[i]) return false;
    return true;
  });
}

/** `E1121 11:10:22.000000`: letter, month, day, space. */
function levelOfGlog(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 20 || bytes[at + 5] !== SPACE || bytes[at + 8] !== COLON) return 0;
  for (let i = 1; i <= 4; i++) if (bytes[at + i]! < 0x30 || bytes[at + i]! > 0x39) return 0;
  const letter = bytes[at];
  if (letter === 0x49) return 3;
  if (letter === 0x57) return 4;
  return letter === 0x45 ? 5 : letter === 0x46 ? 6 : letter === 0x44 ? 2 : 0;
}

const JSON_KEYS = ['level', 'lvl', 'severity', 'levelname', 'log.level', 'loglevel'].map((key) =>
  Uint8Array.from(`${key}"`, (letter) => letter.charCodeAt(0)),
);

function levelOfJson(bytes: Uint8Array, start: number, end: number): number {
  let worst = 0;
  for (let at = start; at < end; at++) {
    if (bytes[at] !== QUOTE) continue;
    const first = bytes[at + 1]! | 0x20;
    if (first !== 0x6c && first !== 0x73) continue;
    for (const key of JSON_KEYS) {
      if (!sameKey(bytes, at + 1, key)) continue;
      worst = Math.max(worst, jsonValue(bytes, at + 1 + key.length, end));
      at += key.length;
      break;
    }
  }
  return worst;
}

function sameKey(bytes: Uint8Array, at: number, key: Uint8Array): boolean {
  const last = key.length - 1;
  if (bytes[at + last] !== QUOTE) return false;
  for (let i = 0; i < last; i++) if ((bytes[at + i]! | 0x20) !== key[i]) return false;
  return true;
}

function jsonValue(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] === SPACE || bytes[at] === COLON)) at++;
  if (bytes[at] === QUOTE) {
    let stop = at + 1;
    while (stop < end && stop - at <= LONGEST_WORD && KIND[bytes[stop]!] !== 0) stop++;
    let word = '';
    for (let i = at + 1; i < stop; i++) word += String.fromCharCode(bytes[i]!);
    return levelCode(word);
  }
  let value = -1;
  for (; at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39 && value < 1000; at++)
    value = Math.max(value, 0) * 10 + bytes[at]! - 0x30;
  return levelOfNumber(value);
}
