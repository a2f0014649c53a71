/** Names and values, as Compose writes variables and labels: a mapping, or a list of NAME=value. */
import { text } from '../shape/scalars.ts';
import { anything, mapOf, mapped, oneOf, type NamedEntry, type Shape } from '../shape/shape.ts';
import { asPairs } from '../source/merge.ts';

/** A value of null: the name is taken over from the environment of the reader. */
const pairValue = oneOf<string | null>('text', [
  {
    ...mapped(anything, (): string | null => null),
    fits: (node) => node.kind === 'scalar' && node.value === null,
    json: { type: 'null' },
  },
  text('text', { empty: true }),
]);
const pairMap = mapOf(pairValue, 'names and values, as a mapping or a list of NAME=value');
export const pairsShape: Shape<readonly NamedEntry<string | null>[]> = {
  ...pairMap,
  fits: (node) => asPairs(node) !== null,
  read: (node, path, sink) => pairMap.read(asPairs(node) ?? node, path, sink),
  json: { anyOf: [pairMap.json, { type: 'array', items: { type: 'string' } }] },
};
