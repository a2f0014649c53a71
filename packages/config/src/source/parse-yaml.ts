/**
 * Turns YAML (and JSON, its subset) into located nodes: anchors, aliases and merge keys resolved,
 * duplicate keys and second documents refused, alias bombs and depth bounded.
 *
 * Source: YAML 1.2.2; merge keys as in "Merge Key Language-Independent Type for YAML 1.1", which
 * Compose relies on.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import type { ProblemSink } from '../problem/problem.ts';
import { placeOf, type ConfigNode, type Entry, type Source, type Spot } from './node.ts';
import { explainSyntax } from './yaml-hints.ts';

/** Nodes after all aliases are followed; a stack of 50 services has about 2,000. */
const MAX_NODES = 50_000;
const MAX_DEPTH = 60;

/** What to say of a file that holds nothing. */
export type EmptyWords = Readonly<{ code: string; hint: string; allowed: readonly string[] }>;
const emptyStack: EmptyWords = {
  code: 'E-CONFIG-EMPTY',
  hint: 'Add `services:` with at least one service.',
  allowed: ['services'],
};

/** The root node, or null when the text is not usable (then the sink says why). */
export function parseYaml(
  source: Source,
  sink: ProblemSink,
  empty: EmptyWords = emptyStack,
): ConfigNode | null {
  const documents = composeDocuments(source, sink);
  if (documents === null) return null;
  const [first, second] = documents;
  if (second !== undefined) {
    sink.add({
      code: 'E-CONFIG-YAML',
      spot: { source, offset: second.range[0], length: 3 },
      path: '',
      message: 'a second YAML document starts here, and only one is read',
      hint: 'Remove the `---` line, or move the second document to a file of its own.',
    });
    return null;
  }
  const contents = first?.contents ?? null;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    sink.add({
      spot: { source, offset: 0, length: 1 },
      path: '',
      message: `${source.name} is empty`,
      ...empty,
    });
    return null;
  }
  return new Conversion(source, sink).root(contents);
}

type Composed = Document.Parsed & { range: [number, number, number] };

function composeDocuments(source: Source, sink: ProblemSink): Composed[] | null {
  const add = (offset: number, length: number, code: string, raw: string) =>
    sink.add({
      code: code === 'DUPLICATE_KEY' ? 'E-CONFIG-DUPLICATE' : 'E-CONFIG-YAML',
      spot: { source, offset: Math.min(offset, source.text.length), length },
      path: '',
      ...explainSyntax(code, raw),
    });
  const conflict = /^(?:<{7}|>{7}|={7})(?= |\r?$)/m.exec(source.text);
  if (conflict !== null) {
    add(conflict.index, 7, 'MERGE_CONFLICT', '');
    return null;
  }
  try {
    const found = parseAllDocuments(source.text, {
      lineCounter: new LineCounter(),
      prettyErrors: false,
      stringKeys: true,
      uniqueKeys: false,
      logLevel: 'silent',
    });
    const documents = (Array.isArray(found) ? found : []) as Composed[];
    const errors = documents.flatMap((document) => document.errors);
    // One slip makes a parser stumble many times: the first place is the one to mend.
    const [first] = errors.toSorted((left, right) => left.pos[0] - right.pos[0]);
    if (first === undefined) return documents;
    const { pos, code, message } = first;
    const opened = /^Flow (?:sequence|map)/.test(message) ? openBracket(source.text, pos[0]) : null;
    if (opened === null) add(pos[0], Math.max(1, pos[1] - pos[0]), code, message);
    else add(opened, 1, 'OPEN_BRACKET', message);
    return null;
  } catch (cause) {
    add(0, 1, 'RESOURCE_EXHAUSTION', cause instanceof Error ? cause.message : String(cause));
    return null;
  }
}

/** Where the innermost bracket that is open at `end` stands; quotes are not looked at. */
function openBracket(text: string, end: number): number | null {
  let depth = 0;
  for (let at = end - 1; at >= 0; at -= 1) {
    if (text[at] === ']' || text[at] === '}') depth += 1;
    else if (text[at] === '[' || text[at] === '{') {
      if (depth === 0) return at;
      depth -= 1;
    }
  }
  return null;
}

type Sized = Readonly<{ node: ConfigNode; size: number }>;

class Conversion {
  readonly #source: Source;
  readonly #sink: ProblemSink;
  readonly #anchors = new Map<string, Sized>();
  readonly #open = new Set<string>();
  #nodes = 0;
  #overrun = false;

  constructor(source: Source, sink: ProblemSink) {
    this.#source = source;
    this.#sink = sink;
  }

  root(contents: Node): ConfigNode | null {
    const node = this.#convert(contents, 0);
    return this.#overrun ? null : node;
  }

  #spot(node: Node | null, fallback: number): Spot {
    const [start, end] = node?.range ?? [fallback, fallback + 1];
    return { source: this.#source, offset: start, length: Math.max(1, end - start) };
  }

  #convert(node: Node, depth: number): ConfigNode {
    const spot = this.#spot(node, 0);
    const before = this.#nodes;
    this.#count(1, spot, depth);
    if (this.#overrun) return blank(spot);
    if (isAlias(node)) return this.#follow(node.source, spot, depth);
    const anchor = 'anchor' in node ? (node.anchor as string | undefined) : undefined;
    if (anchor !== undefined) this.#open.add(anchor);
    const converted = this.#content(node, spot, depth);
    if (anchor !== undefined) {
      this.#open.delete(anchor);
      this.#anchors.set(anchor, { node: converted, size: this.#nodes - before });
    }
    return converted;
  }

  #content(node: Node, spot: Spot, depth: number): ConfigNode {
    const tag = node.tag === '!reset' ? 'reset' : node.tag === '!override' ? 'override' : null;
    if (isMap(node)) return { kind: 'map', entries: this.#entries(node, depth), spot, tag };
    if (isSeq(node)) {
      const items = node.items.map((item) =>
        item === null ? blank(spot) : this.#convert(item as Node, depth + 1),
      );
      return { kind: 'list', items, spot, tag };
    }
    return this.#scalar(node as Scalar, spot, tag);
  }

  #scalar(node: Scalar, spot: Spot, tag: 'reset' | 'override' | null): ConfigNode {
    const plain = node.type === 'PLAIN' || node.type === undefined;
    const raw = this.#source.text.slice(spot.offset, spot.offset + spot.length);
    const { value } = node;
    const known =
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    const text = plain && node.source !== undefined ? node.source : known ? String(value) : '';
    const shift = plain ? 0 : 1;
    const mapped = raw.startsWith(text, shift) && text !== '';
    const textOffset = mapped ? spot.offset + shift : null;
    return { kind: 'scalar', value: known ? value : null, text, textOffset, spot, tag };
  }

  #entries(map: YAMLMap, depth: number): ReadonlyMap<string, Entry> {
    const entries = new Map<string, Entry>();
    const merged: ConfigNode[] = [];
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      const keySpot = this.#spot(pair.key, map.range?.[0] ?? 0);
      if (isAlias(pair.key)) {
        this.#refuseKey(keySpot, 'an alias cannot be a key');
        continue;
      }
      const key = keyText(pair.key);
      const value = pair.value === null ? blank(keySpot) : this.#convert(pair.value, depth + 1);
      if (key === '<<') merged.push(value);
      else if (entries.has(key)) this.#refuseDuplicate(key, keySpot, entries.get(key)!.keySpot);
      else entries.set(key, { keySpot, value });
    }
    for (const from of merged) this.#mergeInto(entries, from);
    return entries;
  }

  /** Keys that stand in the map win over merged ones; earlier maps of a list win over later. */
  #mergeInto(entries: Map<string, Entry>, from: ConfigNode): void {
    const maps = from.kind === 'list' ? from.items : [from];
    for (const map of maps) {
      if (map.kind !== 'map') {
        this.#refuseKey(map.spot, '`<<` merges mappings only');
        continue;
      }
      for (const [key, entry] of map.entries) if (!entries.has(key)) entries.set(key, entry);
    }
  }

  #follow(name: string, spot: Spot, depth: number): ConfigNode {
    const target = this.#anchors.get(name);
    if (target !== undefined) {
      this.#count(target.size, spot, depth);
      return target.node;
    }
    const message = this.#open.has(name)
      ? `\`*${name}\` stands inside \`&${name}\`: the value would hold itself`
      : `\`*${name}\` has no anchor \`&${name}\` before it`;
    this.#sink.add({
      code: 'E-CONFIG-ALIAS',
      spot,
      path: '',
      seen: `*${name}`,
      allowed: [...this.#anchors.keys()].map((anchor) => `*${anchor}`),
      message,
      hint: `Define \`&${name}\` on a value above this line, or write the value out.`,
    });
    return blank(spot);
  }

  #count(nodes: number, spot: Spot, depth: number): void {
    this.#nodes += nodes;
    if (this.#overrun || (this.#nodes <= MAX_NODES && depth <= MAX_DEPTH)) return;
    this.#overrun = true;
    const deep = depth > MAX_DEPTH;
    this.#sink.add({
      code: deep ? 'E-CONFIG-DEPTH' : 'E-CONFIG-ALIAS',
      spot,
      path: '',
      message: deep
        ? `values are nested deeper than ${MAX_DEPTH} levels here`
        : `with all aliases followed the file holds more than ${MAX_NODES} values`,
      hint: deep ? 'Flatten the value.' : 'Use fewer aliases of aliases; write the values out.',
    });
  }

  #refuseKey(spot: Spot, message: string): void {
    const hint = 'Write `key: value`, or `<<: *anchor` for a mapping that is merged in.';
    this.#sink.add({ code: 'E-CONFIG-YAML', spot, path: '', message, hint });
  }

  #refuseDuplicate(key: string, spot: Spot, first: Spot): void {
    const { line, column } = placeOf(first);
    this.#sink.add({
      code: 'E-CONFIG-DUPLICATE',
      spot,
      path: '',
      seen: key,
      message: `\`${key}\` stands here for the second time; the first is at ${line}:${column}`,
      hint: 'Keep one of the two, or rename one.',
    });
  }
}

function keyText(key: Node | null): string {
  return isScalar(key) ? String(key.value ?? '') : '';
}

function blank(spot: Spot): ConfigNode {
  return { kind: 'scalar', value: null, text: '', textOffset: null, spot, tag: null };
}
