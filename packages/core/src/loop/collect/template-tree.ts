/**
 * Log lines by template: `pool timeout after <*> ms` and how often it was seen. Bounded.
 *
 * A line is masked, then looked up by its level, its number of words and its first word: a tree of
 * fixed depth, so that the work per line does not grow with the number of templates. Lines of a
 * stack trace belong to the message that they follow. Source: He et al., "Drain: An Online Log
 * Parsing Approach with Fixed Depth Tree" (ICWS 2017).
 */
import type { LogLevel } from '@fettle/sdk/api/documents';
import { continues, newGroup } from './log-group.ts';
import { LEVELS } from './log-level.ts';
import { readMessage, type LogMessage } from './log-message.ts';
import { countAt, countBetween, joinCounts, openCounts, type SlotCounts } from './slot-counts.ts';
import { fits, joined, sameButForVariables } from './template-leaf.ts';
import { maskedTokens, wild } from './template-mask.ts';

export type Template = Readonly<{
  /** Stable while it lives; a template that was found to be part of another takes its id. */
  id: number;
  /** With `<*>` for what varies. */
  text: string;
  level: LogLevel | null;
  count: number;
  /** Of all lines that fitted, what follows them included. */
  bytes: number;
  firstMs: number;
  lastMs: number;
  /** A line that fitted, redacted, at most 300 characters. */
  example: string;
}>;

export type TemplateTree = Readonly<{
  /**
   * The template that it fitted; null: it belongs to the message before, or is empty. `message`:
   * the line as already read.
   */
  add(line: string, atMs: number, message?: LogMessage): Template | null;
  /** By the id of then, also when it was joined to another since. */
  find(id: number): Template | null;
  /** Newest first by `lastMs`. */
  templates(): readonly Template[];
  /** How many lines fitted within [sinceMs, untilMs), by 10 s slots, at most an hour back. */
  countSince(id: number, sinceMs: number, untilMs: number): number;
  /** Lines seen in all, and lines whose template had to make room for newer ones. */
  seen(): Readonly<{ lines: number; dropped: number }>;
  /** All that it holds, not copied: for a snapshot that is written at once. */
  dump(): TemplateDump;
}>;

const mostTemplates = 500;
/** Exact masked texts that were seen lately, with their templates. */
const mostKnown = 1_500;
const mostTexts = 100;
/** More first words than this share one leaf. */
const mostLeaves = 400;
const mostInLeaf = 120;
/** What was let go or joined is remembered by its id or text, so that it is not new again. */
const mostAliases = 1_000;
const exampleChars = 300;

type Kept = { -readonly [Key in keyof Template]: Template[Key] } & {
  tokens: readonly string[];
  readonly leaf: string;
  readonly slots: SlotCounts;
  /** Keys of `known` that lead here. */
  readonly texts: string[];
};

/** What `openTemplates` goes on with; written to capsules of incidents. */
export type TemplateDump = {
  nextId: number;
  /** By id, the one seen longest ago first. */
  readonly byId: Map<number, Kept>;
  readonly leaves: Map<string, Kept[]>;
  readonly known: Map<string, Kept>;
  readonly aliases: Map<number, number>;
  /** First seen, by text, of templates that were let go. */
  readonly bygone: Map<string, number>;
  readonly group: ReturnType<typeof newGroup>;
  head: Kept | null;
  lines: number;
  dropped: number;
};

function emptyTree(): TemplateDump {
  return {
    nextId: 1,
    byId: new Map(),
    leaves: new Map(),
    known: new Map(),
    aliases: new Map(),
    bygone: new Map(),
    group: newGroup(),
    head: null,
    lines: 0,
    dropped: 0,
  };
}

/** `tree`: goes on where that dump was taken. */
export function openTemplates(tree: TemplateDump = emptyTree()): TemplateTree {
  return {
    add: (line, atMs, message) => addLine(tree, line, atMs, message ?? readMessage(line, atMs)),
    find: (id) => tree.byId.get(currentId(tree, id)) ?? null,
    templates: () => [...tree.byId.values()].toReversed(),
    countSince(id, sinceMs, untilMs) {
      const kept = tree.byId.get(currentId(tree, id));
      return kept === undefined ? 0 : countBetween(kept.slots, sinceMs, untilMs);
    },
    seen: () => ({ lines: tree.lines, dropped: tree.dropped }),
    dump: () => tree,
  };
}

function currentId(tree: TemplateDump, id: number): number {
  let current = id;
  for (let hops = 0; hops < mostAliases; hops += 1) {
    const next = tree.aliases.get(current);
    if (next === undefined) return current;
    current = next;
  }
  return current;
}

function addLine(
  tree: TemplateDump,
  line: string,
  atMs: number,
  message: LogMessage,
): Template | null {
  tree.lines += 1;
  const { text, level } = message;
  const wasTrace = tree.group.inTraceback;
  const code = level === null ? 0 : LEVELS.indexOf(level) + 1;
  const follows = continues(tree.group, line, code);
  // Python tells what went wrong in the last line of its trace: that line is the message.
  const tells = wasTrace && follows && tree.group.tracebackEnded;
  if ((follows && !tells) || (!follows && tree.group.inTraceback)) {
    if (tree.head !== null) tree.head.bytes += line.length;
    return null;
  }
  const tokens = maskedTokens(text);
  if (tokens.length === 0) return null;
  const kept = place(tree, tokens, { line, level: tells ? 'error' : level, atMs });
  kept.count += 1;
  kept.bytes += line.length;
  kept.lastMs = Math.max(kept.lastMs, atMs);
  countAt(kept.slots, atMs);
  tree.head = kept;
  return kept;
}

type Line = Readonly<{ line: string; level: LogLevel | null; atMs: number }>;

function place(tree: TemplateDump, tokens: readonly string[], line: Line): Kept {
  const text = `${line.level ?? ''} ${tokens.join(' ')}`;
  const known = tree.known.get(text);
  const kept = known ?? findFitting(tree, tokens, line) ?? make(tree, tokens, line);
  if (known === undefined && kept.texts.length < mostTexts) {
    kept.texts.push(text);
    remember(tree.known, text, kept, mostKnown);
  }
  tree.byId.delete(kept.id);
  tree.byId.set(kept.id, kept);
  return kept;
}

function findFitting(
  tree: TemplateDump,
  tokens: readonly string[],
  { level }: Line,
): Kept | undefined {
  for (const first of [tokens[0]!, wild]) {
    const leaf = tree.leaves.get(leafKey(level, tokens.length, first));
    const found = leaf?.find((one) => fits(one, tokens));
    if (found !== undefined) return found;
  }
  return undefined;
}

function leafKey(level: LogLevel | null, length: number, first: string): string {
  return `${level ?? ''} ${length} ${first.includes(wild) ? wild : first}`;
}

function make(tree: TemplateDump, tokens: readonly string[], { line, level, atMs }: Line): Kept {
  if (tree.byId.size >= mostTemplates) letGo(tree);
  const text = tokens.join(' ');
  const own = leafKey(level, tokens.length, tokens[0]!);
  const isFull = !tree.leaves.has(own) && tree.leaves.size >= mostLeaves;
  const leaf = isFull ? leafKey(level, tokens.length, wild) : own;
  const kept: Kept = {
    id: tree.nextId++,
    text,
    level,
    count: 0,
    bytes: 0,
    firstMs: tree.bygone.get(text) ?? atMs,
    lastMs: atMs,
    example: line.slice(0, exampleChars),
    tokens,
    leaf,
    slots: openCounts(),
    texts: [],
  };
  tree.byId.set(kept.id, kept);
  const siblings = tree.leaves.get(leaf);
  if (siblings === undefined) tree.leaves.set(leaf, [kept]);
  else siblings.push(kept);
  return joinSame(tree, kept);
}

/** When the newcomer shows that a place varies, its whole family becomes the oldest of them. */
function joinSame(tree: TemplateDump, fresh: Kept): Kept {
  const leaf = tree.leaves.get(fresh.leaf) ?? [];
  const family = sameButForVariables(fresh, leaf.slice(-mostInLeaf));
  if (family.length === 0) return fresh;
  const oldest = family.reduce((one, other) => (one.id < other.id ? one : other));
  for (const one of [...family, fresh]) {
    oldest.tokens = joined(oldest, one);
    if (one !== oldest) absorb(tree, oldest, one);
  }
  oldest.text = oldest.tokens.join(' ');
  return oldest;
}

function absorb(tree: TemplateDump, into: Kept, one: Kept): void {
  into.count += one.count;
  into.bytes += one.bytes;
  into.firstMs = Math.min(into.firstMs, one.firstMs);
  into.lastMs = Math.max(into.lastMs, one.lastMs);
  joinCounts(into.slots, one.slots);
  remove(tree, one);
  remember(tree.aliases, one.id, into.id, mostAliases);
}

function letGo(tree: TemplateDump): void {
  const [oldest] = tree.byId.values();
  if (oldest === undefined) return;
  tree.dropped += oldest.count;
  remove(tree, oldest);
  remember(tree.bygone, oldest.text, oldest.firstMs, mostAliases);
}

function remove(tree: TemplateDump, kept: Kept): void {
  tree.byId.delete(kept.id);
  if (tree.head === kept) tree.head = null;
  const leaf = (tree.leaves.get(kept.leaf) ?? []).filter((one) => one !== kept);
  if (leaf.length === 0) tree.leaves.delete(kept.leaf);
  else tree.leaves.set(kept.leaf, leaf);
  for (const text of kept.texts) if (tree.known.get(text) === kept) tree.known.delete(text);
}

/** Bounded: the entry that was set longest ago makes room. */
function remember<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.set(key, value);
  if (map.size <= most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
