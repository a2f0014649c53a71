/**
 * What the loop holds as plain JSON and back, exactly: maps, sets, figures and numbers that JSON
 * cannot say, and which things are one and the same (a template stands in three indexes).
 *
 * What is no plain JSON becomes an object with the key `$`. Things that have their state inside,
 * such as the store of series, hand it out (`dump`) and are opened with it again; a detector is
 * known by its id. `clean` sees every text once, so that no secret gets into what is written.
 */
import { assert } from '@fettle/sdk/assert';
import { openSeries, type SeriesDump } from '../loop/collect/series-store.ts';
import { openTemplates, type TemplateDump } from '../loop/collect/template-tree.ts';
import type { Detector } from '../loop/detect/detector.ts';
import { fromBase64, toBase64 } from './base64.ts';

export type Frozen =
  | null
  | boolean
  | number
  | string
  | readonly Frozen[]
  | { readonly [name: string]: Frozen };

/** `field`: that holds the text, or the option before it in a list; null: neither. */
export type Clean = (text: string, field: string | null, of: string | null) => string;
/** Where a thing stands: its field, and the field of what holds it. */
type Spot = Readonly<{ field: string | null; of: string | null }>;

const nowhere: Spot = { field: null, of: null };
export const asItIs: Clean = (text) => text;

export function freeze(value: unknown, clean: Clean = asItIs): Frozen {
  const shared = findShared(value);
  return write({ clean, shared, ids: new Map() }, nowhere, value);
}

type Writing = Readonly<{
  clean: Clean;
  shared: ReadonlySet<object>;
  /** Of shared things that were written already. */
  ids: Map<object, number>;
}>;

/** Things that are reached by more than one way. */
function findShared(root: unknown): ReadonlySet<object> {
  const seen = new Set<object>();
  const shared = new Set<object>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (seen.has(value)) return void shared.add(value);
    seen.add(value);
    if (ArrayBuffer.isView(value)) return;
    if (value instanceof Map)
      for (const [key, item] of value) {
        visit(key);
        visit(item);
      }
    else if (value instanceof Set) for (const item of value) visit(item);
    else if (Array.isArray(value)) for (const item of value) visit(item);
    else if (isStore(value)) visit(value.dump());
    else if (!isDetector(value))
      for (const name in value) visit((value as Record<string, unknown>)[name]);
  };
  visit(root);
  return shared;
}

function write(writing: Writing, spot: Spot, value: unknown): Frozen {
  switch (typeof value) {
    case 'string':
      return writing.clean(value, spot.field, spot.of);
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $: 'number', v: Object.is(value, -0) ? '-0' : String(value) };
    case 'undefined':
      return { $: 'undefined' };
    case 'object':
      break;
    default:
      assert(false, `${typeof value} cannot be frozen`);
  }
  if (value === null) return null;
  if (!writing.shared.has(value)) return writeThing(writing, spot, value);
  const id = writing.ids.get(value);
  if (id !== undefined) return { $: 'same', v: id };
  const own = writing.ids.size + 1;
  writing.ids.set(value, own);
  return { $: 'shared', id: own, v: writeThing(writing, spot, value) };
}

function writeThing(writing: Writing, spot: Spot, value: object): Frozen {
  if (Array.isArray(value)) return writeList(writing, spot, value);
  if (value instanceof Map) {
    const v = [...value].map(([key, item]): Frozen => [
      write(writing, nowhere, key),
      write(writing, nowhere, item),
    ]);
    return { $: 'map', v };
  }
  if (value instanceof Set)
    return { $: 'set', v: [...value].map((item) => write(writing, spot, item)) };
  if (value instanceof Float32Array) return { $: 'f32', v: toBase64(bytesOf(value)) };
  if (value instanceof Uint32Array) return { $: 'u32', v: toBase64(bytesOf(value)) };
  assert(!ArrayBuffer.isView(value), 'an array of this kind cannot be frozen');
  if (isStore(value)) {
    const dump = value.dump();
    return { $: 'all' in dump ? 'series' : 'templates', v: write(writing, nowhere, dump) };
  }
  if (isDetector(value)) return { $: 'detector', v: value.id };
  const fields: Record<string, Frozen> = {};
  for (const [field, item] of Object.entries(value))
    fields[field] = write(writing, { field, of: spot.field }, item);
  return '$' in fields ? { $: 'object', v: Object.entries(fields) } : fields;
}

/** The word before tells what a word is: `--password`, `x`. */
function writeList(writing: Writing, spot: Spot, list: readonly unknown[]): Frozen {
  return list.map((item, at) => {
    const before: unknown = list[at - 1];
    const isOption = typeof before === 'string' && before.startsWith('-');
    return write(writing, isOption ? { field: before, of: spot.field } : spot, item);
  });
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

type Stored = Readonly<{ dump(): SeriesDump | TemplateDump }>;

function isStore(value: object): value is Stored {
  return 'dump' in value && typeof value.dump === 'function';
}

function isDetector(value: object): value is Detector {
  return 'detect' in value && typeof value.detect === 'function';
}

/** What cannot be thawed, and where: `state.picture.services[2]`. */
export type Fault = Readonly<{ at: string; message: string }>;
export type Thawed = Readonly<{ value: unknown; fault: Fault | null }>;

type Reading = {
  readonly detectors: readonly Detector[];
  readonly same: Map<number, unknown>;
  fault: Fault | null;
  depth: number;
};

/** Ours are no deeper than 80. */
const mostDepth = 400;

/** `at`: how the place of a fault begins. `detectors`: those that a name may mean. */
export function thaw(frozen: Frozen, at: string, detectors: readonly Detector[] = []): Thawed {
  const reading: Reading = { detectors, same: new Map(), fault: null, depth: 0 };
  const value = read(reading, frozen, at);
  return { value, fault: reading.fault };
}

function read(reading: Reading, frozen: Frozen, at: string): unknown {
  if (reading.fault !== null || typeof frozen !== 'object' || frozen === null) return frozen;
  if (reading.depth >= mostDepth) return broken(reading, at.slice(0, 200), 'is nested too deeply');
  reading.depth += 1;
  const value = readThing(reading, frozen, at);
  reading.depth -= 1;
  return value;
}

function readThing(reading: Reading, frozen: object, at: string): unknown {
  if (Array.isArray(frozen)) return readList(reading, frozen as readonly Frozen[], at);
  const fields = frozen as Readonly<Record<string, Frozen>>;
  if (Object.hasOwn(fields, '$')) return readTagged(reading, fields, at);
  return readFields(reading, Object.entries(fields), at);
}

function readList(reading: Reading, list: readonly Frozen[], at: string): unknown[] {
  return list.map((item, index) => read(reading, item, `${at}[${index}]`));
}

function readFields(
  reading: Reading,
  entries: readonly (readonly [string, Frozen])[],
  at: string,
): unknown {
  const made: Record<string, unknown> = {};
  for (const [name, item] of entries) {
    if (name === '__proto__') return broken(reading, at, 'a field is called __proto__');
    made[name] = read(reading, item, `${at}.${name}`);
  }
  return made;
}

function broken(reading: Reading, at: string, message: string): null {
  reading.fault ??= { at, message };
  return null;
}

function readTagged(
  reading: Reading,
  { $: tag, v, id }: Readonly<Record<string, Frozen>>,
  at: string,
): unknown {
  if (tag === 'undefined') return undefined;
  if (v === undefined) return broken(reading, at, `${String(tag)} has no value`);
  switch (tag) {
    case 'map':
    case 'object':
      return readPairs(reading, tag, v, at);
    case 'set':
      return Array.isArray(v)
        ? new Set(readList(reading, v as readonly Frozen[], at))
        : broken(reading, at, 'a set is no list');
    case 'f32':
    case 'u32':
      return readArray(reading, tag, v, at);
    case 'number':
      return v === 'NaN' || v === 'Infinity' || v === '-Infinity' || v === '-0'
        ? Number(v)
        : broken(reading, at, 'is no number');
    case 'shared':
      return readShared(reading, id, v, at);
    case 'same':
      return typeof v === 'number' && reading.same.has(v)
        ? reading.same.get(v)
        : broken(reading, at, 'names something that does not stand before it');
    case 'detector':
      return (
        reading.detectors.find((detector) => detector.id === v) ??
        broken(reading, at, `there is no detector ${String(v)}`)
      );
    case 'series':
      return readSeries(reading, read(reading, v, at), at);
    case 'templates':
      return readTemplates(reading, read(reading, v, at), at);
    default:
      return broken(reading, at, `${JSON.stringify(tag)} is not known`);
  }
}

function readPairs(reading: Reading, tag: 'map' | 'object', v: Frozen, at: string): unknown {
  const pairs = Array.isArray(v) ? (v as readonly Frozen[]) : [null];
  const isPair = (pair: Frozen): pair is readonly [Frozen, Frozen] =>
    Array.isArray(pair) && pair.length === 2;
  if (!pairs.every(isPair)) return broken(reading, at, 'is no list of pairs');
  if (tag === 'object')
    return readFields(
      reading,
      pairs.map(([name, item]) => [String(name), item] as const),
      at,
    );
  return new Map(
    pairs.map(([key, item], index) => [
      read(reading, key, `${at}[${index}]`),
      read(reading, item, `${at}[${index}]`),
    ]),
  );
}

function readArray(reading: Reading, tag: 'f32' | 'u32', v: Frozen, at: string): unknown {
  const bytes = typeof v === 'string' ? fromBase64(v) : null;
  if (bytes === null || bytes.length % 4 !== 0) return broken(reading, at, 'is no base64');
  return tag === 'f32' ? new Float32Array(bytes.buffer) : new Uint32Array(bytes.buffer);
}

function readShared(reading: Reading, id: Frozen | undefined, v: Frozen, at: string): unknown {
  if (typeof id !== 'number') return broken(reading, at, 'has no number');
  const value = read(reading, v, at);
  reading.same.set(id, value);
  return value;
}

function readSeries(reading: Reading, dump: unknown, at: string): unknown {
  const { count, all } = (dump ?? {}) as Partial<SeriesDump>;
  if (typeof count !== 'number' || !(all instanceof Map))
    return broken(reading, at, 'is no store of series');
  for (const [subject, byMetric] of all as ReadonlyMap<unknown, unknown>) {
    const isFine =
      byMetric instanceof Map &&
      [...(byMetric.values() as Iterable<Record<string, unknown> | null>)].every(
        (series) =>
          isRing(series?.['fine'], 5_000) &&
          isRing(series?.['medium'], 60_000) &&
          isRing(series?.['coarse'], 600_000),
      );
    if (!isFine) return broken(reading, at, `the series of ${String(subject)} are damaged`);
  }
  return openSeries({ count, all: all as SeriesDump['all'] });
}

function isRing(ring: unknown, stepMs: number): boolean {
  const known = (ring ?? {}) as Readonly<Record<string, unknown>>;
  const { values, slots, newest } = known;
  return (
    known['stepMs'] === stepMs &&
    values instanceof Float32Array &&
    values.length > 0 &&
    typeof slots === 'number' &&
    slots >= values.length &&
    slots <= 10_000 &&
    Number.isSafeInteger(newest)
  );
}

function readTemplates(reading: Reading, dump: unknown, at: string): unknown {
  const tree = (dump ?? {}) as Partial<TemplateDump>;
  const { byId, leaves, known, aliases, bygone, group } = tree;
  const maps = [byId, leaves, known, aliases, bygone];
  if (!maps.every((map) => map instanceof Map) || typeof group !== 'object' || group === null)
    return broken(reading, at, 'is no tree of templates');
  return openTemplates(tree as TemplateDump);
}
