/**
 * A config file as a tree that never forgets where each value stands.
 *
 * YAML, JSON, merges of several files, `extends` and interpolation all end in this one shape, so a
 * problem found late still points at the line that a person typed.
 */
import type { Place } from '@fettle/sdk/fettle-error';

/** One file that was read. */
export type Source = Readonly<{
  /** Absolute. */
  path: string;
  /** As shown to people: relative to where they stand, when that is shorter. */
  name: string;
  /** Relative paths written in it are resolved against this absolute folder. */
  baseDir: string;
  text: string;
}>;

/** `offset` and `length` count UTF-16 units of `source.text`. */
export type Spot = Readonly<{ source: Source; offset: number; length: number }>;

/** Compose's `!reset` drops what an earlier file said; `!override` replaces instead of merging. */
export type MergeTag = 'reset' | 'override' | null;

export type ScalarNode = Readonly<{
  kind: 'scalar';
  value: string | number | boolean | null;
  /** As typed, without quotes: `1.10` stays `1.10`. */
  text: string;
  /** Where character 0 of `text` stands in the source; null: it cannot be mapped one to one. */
  textOffset: number | null;
  spot: Spot;
  tag: MergeTag;
}>;
export type ListNode = Readonly<{
  kind: 'list';
  items: readonly ConfigNode[];
  spot: Spot;
  tag: MergeTag;
}>;
export type MapNode = Readonly<{
  kind: 'map';
  entries: ReadonlyMap<string, Entry>;
  spot: Spot;
  tag: MergeTag;
}>;
export type ConfigNode = ScalarNode | ListNode | MapNode;
export type Entry = Readonly<{ keySpot: Spot; value: ConfigNode }>;

/** Offsets at which lines start, counted once per file. */
const lineStarts = new WeakMap<Source, readonly number[]>();

function startsOf(source: Source): readonly number[] {
  const known = lineStarts.get(source);
  if (known !== undefined) return known;
  const starts = [0];
  for (let at = source.text.indexOf('\n'); at !== -1; at = source.text.indexOf('\n', at + 1))
    starts.push(at + 1);
  lineStarts.set(source, starts);
  return starts;
}

/** Line and column, from 1. */
export function placeOf(spot: Spot): Place {
  const starts = startsOf(spot.source);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= spot.offset) low = middle;
    else high = middle - 1;
  }
  return { file: spot.source.name, line: low + 1, column: spot.offset - starts[low]! + 1 };
}

/** The whole line that `spot` starts on, without its line break. */
export function lineAt(spot: Spot): string {
  const { text } = spot.source;
  const start = text.lastIndexOf('\n', spot.offset - 1) + 1;
  const end = text.indexOf('\n', spot.offset);
  return text.slice(start, end === -1 ? text.length : end).replace(/\r$/, '');
}

/** How much of `spot` lies on its first line; at least 1, so that there is something to mark. */
export function lengthOnLine(spot: Spot): number {
  const column = placeOf(spot).column - 1;
  return Math.max(1, Math.min(spot.length, lineAt(spot).length - column));
}

/** A scalar that stands where `spot` stands, for values that a rule of ours put in. */
export function scalarAt(spot: Spot, value: string | number | boolean | null): ScalarNode {
  return { kind: 'scalar', value, text: String(value ?? ''), textOffset: null, spot, tag: null };
}

/** What a person would call the kind of this node. */
export function kindOf(node: ConfigNode): string {
  if (node.kind !== 'scalar') return node.kind === 'list' ? 'a list' : 'a mapping';
  if (node.value === null) return 'empty';
  const kinds = { string: 'text', number: 'a number', boolean: 'true or false' } as const;
  return kinds[typeof node.value as keyof typeof kinds];
}
