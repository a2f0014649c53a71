/**
 * Lays a later config file over an earlier one, by the Compose specification's rules ("Merge"):
 * mappings merge key by key, lists are appended, and values that mean one thing as a whole
 * (`command`, `healthcheck.test`, our `port`, `health`) are replaced.
 */
import type { ConfigNode, Entry, ListNode, MapNode } from './node.ts';
import { scalarAt } from './node.ts';

/** The last part of the path decides. */
const replaced = new Set(['command', 'entrypoint', 'test', 'health', 'port', 'scale', 'templates']);
/** `KEY=value` lists and mappings are one thing in two notations. */
const pairs = new Set(['environment', 'labels', 'annotations', 'args', 'sysctls', 'extra_hosts']);

/** `key`: the last part of the path to both nodes. */
export function mergeNodes(base: ConfigNode, over: ConfigNode, key = ''): ConfigNode {
  if (over.tag === 'override' || replaced.has(key)) return over;
  if (pairs.has(key)) return mergePairs(base, over);
  if (key === 'depends_on') return mergeMaps(asDependencies(base), asDependencies(over));
  if (base.kind === 'map' && over.kind === 'map') return mergeMaps(base, over);
  if (base.kind === 'list' && over.kind === 'list') return append(base, over);
  if (key === 'env_file' && base.kind !== 'map' && over.kind !== 'map')
    return append(asList(base), asList(over));
  return over;
}

function mergeMaps(base: ConfigNode, over: ConfigNode): ConfigNode {
  if (base.kind !== 'map' || over.kind !== 'map') return over;
  const entries = new Map<string, Entry>(base.entries);
  for (const [key, entry] of over.entries) {
    const before = entries.get(key);
    if (entry.value.tag === 'reset') entries.delete(key);
    else if (before === undefined) entries.set(key, entry);
    else {
      const value = mergeNodes(before.value, entry.value, key);
      entries.set(key, { keySpot: entry.keySpot, value });
    }
  }
  return { ...over, entries };
}

function append(base: ListNode, over: ListNode): ListNode {
  const kept = base.items.filter((item) => !over.items.some((other) => sameScalar(item, other)));
  return { ...over, items: [...kept, ...over.items] };
}

function sameScalar(a: ConfigNode, b: ConfigNode): boolean {
  return a.kind === 'scalar' && b.kind === 'scalar' && a.text === b.text;
}

function asList(node: ConfigNode): ListNode {
  return node.kind === 'list' ? node : { kind: 'list', items: [node], spot: node.spot, tag: null };
}

function mergePairs(base: ConfigNode, over: ConfigNode): ConfigNode {
  const [below, above] = [asPairs(base), asPairs(over)];
  return below === null || above === null ? over : mergeMaps(below, above);
}

/** `[A=1, B]` as `{A: 1, B: null}`; null when it is neither notation. */
export function asPairs(node: ConfigNode): MapNode | null {
  if (node.kind === 'map') return node;
  if (node.kind === 'scalar')
    return node.value === null
      ? { kind: 'map', entries: new Map(), spot: node.spot, tag: null }
      : null;
  const entries = new Map<string, Entry>();
  for (const item of node.items) {
    if (item.kind !== 'scalar' || item.value === null) return null;
    // What an unset variable leaves behind: it has been warned about already.
    if (item.text === '') continue;
    const sign = item.text.indexOf('=');
    const name = sign === -1 ? item.text : item.text.slice(0, sign);
    const value = scalarAt(item.spot, sign === -1 ? null : item.text.slice(sign + 1));
    entries.set(name, { keySpot: item.spot, value });
  }
  return { kind: 'map', entries, spot: node.spot, tag: node.tag };
}

/** `[db]` as `{db: {condition: service_started}}`. */
function asDependencies(node: ConfigNode): ConfigNode {
  if (node.kind !== 'list') return node;
  const entries = new Map<string, Entry>();
  for (const item of node.items) {
    if (item.kind !== 'scalar') return node;
    const condition = { keySpot: item.spot, value: scalarAt(item.spot, 'service_started') };
    const value: MapNode = {
      kind: 'map',
      entries: new Map([['condition', condition]]),
      spot: item.spot,
      tag: null,
    };
    entries.set(item.text, { keySpot: item.spot, value });
  }
  return { kind: 'map', entries, spot: node.spot, tag: node.tag };
}
