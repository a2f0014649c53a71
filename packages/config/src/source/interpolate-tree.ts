/** Interpolates every value of a tree (never a key) and places each fault inside the value. */
import type { ProblemSink } from '../problem/problem.ts';
import { interpolate, type Lookup } from './interpolate.ts';
import type { ConfigNode, Entry, ScalarNode, Spot } from './node.ts';

/** Returns the same node where nothing changed, so shared subtrees stay shared. */
export function interpolateTree(node: ConfigNode, lookup: Lookup, sink: ProblemSink): ConfigNode {
  const seen = new Map<ConfigNode, ConfigNode>();
  const visit = (current: ConfigNode, path: string): ConfigNode => {
    const known = seen.get(current);
    if (known !== undefined) return known;
    const next = visitNew(current, path);
    seen.set(current, next);
    return next;
  };
  const visitNew = (current: ConfigNode, path: string): ConfigNode => {
    if (current.kind === 'scalar') return interpolateScalar(current, path, { lookup, sink });
    if (current.kind === 'list') {
      const items = current.items.map((item, index) => visit(item, `${path}[${index}]`));
      return items.some((item, index) => item !== current.items[index])
        ? { ...current, items }
        : current;
    }
    let changed = false;
    const entries = new Map<string, Entry>();
    for (const [key, entry] of current.entries) {
      // Fragments below `x-` count where an alias uses them, and are notes where none does.
      const note = path === '' && key.startsWith('x-');
      const value = note ? entry.value : visit(entry.value, path === '' ? key : `${path}.${key}`);
      if (value !== entry.value) changed = true;
      entries.set(key, value === entry.value ? entry : { keySpot: entry.keySpot, value });
    }
    return changed ? { ...current, entries } : current;
  };
  return visit(node, '');
}

type Surroundings = Readonly<{ lookup: Lookup; sink: ProblemSink }>;

function interpolateScalar(node: ScalarNode, path: string, around: Surroundings): ScalarNode {
  if (typeof node.value !== 'string' || !node.value.includes('$')) return node;
  const { text, faults, unset } = interpolate(node.value, around.lookup);
  for (const fault of faults)
    around.sink.add({
      code: fault.kind === 'required' ? 'E-CONFIG-VARIABLE' : 'E-CONFIG-INTERPOLATION',
      spot: inside(node, fault.at, fault.length),
      path,
      seen: node.value.slice(fault.at, fault.at + fault.length),
      message: fault.message,
      hint: fault.hint,
    });
  for (const name of unset)
    around.sink.add({
      code: 'W-CONFIG-UNSET',
      spot: inside(
        node,
        Math.max(0, node.value.search(new RegExp(`\\$\\{?${name}`))),
        name.length + 1,
      ),
      path,
      seen: name,
      message: `${name} is not set; \`${path}\` gets an empty text in its place`,
      hint: `Set ${name} in the environment or in .env, or write \`\${${name}:-default}\`.`,
    });
  return { ...node, value: text, text, textOffset: null };
}

function inside(node: ScalarNode, at: number, length: number): Spot {
  if (node.textOffset === null) return node.spot;
  return { source: node.spot.source, offset: node.textOffset + at, length };
}
