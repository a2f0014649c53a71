/**
 * Reads JSON with comments and trailing commas, as VS Code keeps its settings, with the place of
 * every value: an editor of such a file must change one entry and leave each comment where it is.
 *
 * Source: RFC 8259 for the grammar; code.visualstudio.com, "JSON with Comments".
 */
import { FettleError } from '@fettle/sdk/fettle-error';

/** `start` and `end`: offsets in the text; `end` is behind the last character. */
type Span = Readonly<{ start: number; end: number }>;
export type JsoncArray = Span & Readonly<{ kind: 'array'; items: readonly JsoncNode[] }>;
export type JsoncMember = Readonly<{ key: string; value: JsoncNode }>;
export type JsoncObject = Span & Readonly<{ kind: 'object'; members: readonly JsoncMember[] }>;
export type JsoncNode =
  | JsoncArray
  | JsoncObject
  | (Span & Readonly<{ kind: 'plain'; value: unknown }>);

/** Deeper is no settings file. */
const maxDepth = 100;

type Reader = { readonly text: string; readonly file: string; at: number; depth: number };

/** @throws FettleError E-INIT-JSON with the place. `file`: named in it. */
export function parseJsonc(text: string, file: string): JsoncNode {
  const reader: Reader = { text, file, at: text.startsWith('\uFEFF') ? 1 : 0, depth: 0 };
  skipTrivia(reader);
  const node = readValue(reader);
  skipTrivia(reader);
  if (reader.at < text.length) throw broken(reader, 'something follows the end');
  return node;
}

export function valueOf(node: JsoncNode): unknown {
  if (node.kind === 'array') return node.items.map(valueOf);
  if (node.kind === 'plain') return node.value;
  return Object.fromEntries(node.members.map(({ key, value }) => [key, valueOf(value)]));
}

/** Offset behind white space and comments that begin at `from`. */
export function endOfTrivia(text: string, from: number): number {
  const trivia = /(?:[\s\uFEFF]+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
  trivia.lastIndex = from;
  return from + (trivia.exec(text)?.[0].length ?? 0);
}

function skipTrivia(reader: Reader): void {
  reader.at = endOfTrivia(reader.text, reader.at);
}

function readValue(reader: Reader): JsoncNode {
  const { text, at } = reader;
  if (text[at] === '{') return readObject(reader);
  if (text[at] === '[') return readArray(reader);
  const plain = /"(?:[^"\\\n]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/y;
  plain.lastIndex = at;
  const word = plain.exec(text)?.[0];
  if (word === undefined) throw broken(reader, 'a value is expected');
  try {
    const value: unknown = JSON.parse(word);
    reader.at += word.length;
    return { kind: 'plain', value, start: at, end: reader.at };
  } catch {
    throw broken(reader, `${word} is no value`);
  }
}

function readArray(reader: Reader): JsoncArray {
  const start = reader.at;
  const items: JsoncNode[] = [];
  readList(reader, ']', () => items.push(readValue(reader)));
  return { kind: 'array', items, start, end: reader.at };
}

function readObject(reader: Reader): JsoncObject {
  const start = reader.at;
  const members: JsoncMember[] = [];
  readList(reader, '}', () => {
    const key = readValue(reader);
    if (key.kind !== 'plain' || typeof key.value !== 'string')
      throw broken(reader, 'a name in double quotes is expected');
    skipTrivia(reader);
    if (reader.text[reader.at] !== ':') throw broken(reader, `a colon is expected`);
    reader.at += 1;
    skipTrivia(reader);
    members.push({ key: key.value, value: readValue(reader) });
  });
  return { kind: 'object', members, start, end: reader.at };
}

function readList(reader: Reader, close: ']' | '}', readOne: () => void): void {
  reader.at += 1;
  reader.depth += 1;
  if (reader.depth > maxDepth) throw broken(reader, `nested deeper than ${maxDepth}`);
  for (;;) {
    skipTrivia(reader);
    if (reader.text[reader.at] === close) break;
    readOne();
    skipTrivia(reader);
    if (reader.text[reader.at] === close) break;
    if (reader.text[reader.at] !== ',') throw broken(reader, `a comma or ${close} is expected`);
    reader.at += 1;
  }
  reader.at += 1;
  reader.depth -= 1;
}

function broken({ text, file, at }: Reader, what: string): FettleError {
  const before = text.slice(0, at).split('\n');
  const column = (before.at(-1) ?? '').length + 1;
  return new FettleError('E-INIT-JSON', `${file} is not JSON with comments: ${what}`, {
    hint: 'mend the place that is named, or move the file away; nothing was written',
    place: { file, line: before.length, column },
    exitCode: 2,
  });
}
