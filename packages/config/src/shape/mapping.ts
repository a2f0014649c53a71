/** Mappings with known keys: an unknown key is refused with the nearest known one. */
import { nearestOf } from '../problem/nearest.ts';
import type { ProblemSink } from '../problem/problem.ts';
import type { MapNode, Spot } from '../source/node.ts';
import {
  refuseType,
  type Fields,
  type JsonSchema,
  type Keys,
  type Located,
  type Shape,
} from './shape.ts';

export type MappingOptions = Readonly<{
  wanted: string;
  /** Keys of Compose that nothing acts on: a warning, never an error. */
  ignored?: readonly string[];
  required?: readonly string[];
}>;

export function mapping<K extends Keys>(keys: K, options: MappingOptions): Shape<Fields<K>> {
  return {
    wanted: options.wanted,
    fits: (node) => node.kind === 'map',
    read: (node, path, sink) => {
      if (node.kind !== 'map') return refuseType(node, { path, sink, wanted: options.wanted });
      const fields: Record<string, Located<unknown>> = {};
      for (const [name, entry] of node.entries) {
        const below = path === '' ? name : `${path}.${name}`;
        const known = Object.hasOwn(keys, name) ? keys[name] : undefined;
        if (known === undefined) {
          otherKey(
            { name, spot: entry.keySpot, path: below, within: path },
            { keys, options, sink },
          );
          continue;
        }
        const value = known.shape.read(entry.value, below, sink);
        if (value === undefined) continue;
        fields[name] = { value, node: entry.value };
        if (known.status === 'later') warnLater(name, entry.keySpot, below, sink);
      }
      for (const name of options.required ?? [])
        if (!node.entries.has(name)) refuseMissing(name, node, path, sink);
      return fields as Fields<K>;
    },
    json: mappingJson(keys, options),
  };
}

type OtherKey = Readonly<{ name: string; spot: Spot; path: string; within: string }>;
type Known = Readonly<{ keys: Keys; options: MappingOptions; sink: ProblemSink }>;

function otherKey({ name, spot, path, within }: OtherKey, { keys, options, sink }: Known): void {
  if (name.startsWith('x-')) return;
  if (options.ignored?.includes(name) === true) {
    sink.add({
      code: 'W-CONFIG-IGNORED',
      spot,
      path,
      seen: name,
      message: `\`${name}\` has no meaning here and is ignored`,
      hint: 'It may stay; nothing acts on it.',
    });
    return;
  }
  const allowed = Object.keys(keys);
  const nearest = nearestOf(name, allowed);
  const place = within === '' ? 'here' : `in \`${within}\``;
  sink.add({
    code: 'E-CONFIG-KEY',
    spot,
    path,
    seen: name,
    allowed,
    nearest,
    message: `\`${name}\` is not a key ${place}${nearest === null ? '' : `; did you mean \`${nearest}\`?`}`,
    hint:
      nearest === null
        ? `Use one of ${allowed.slice(0, 12).join(', ')}${allowed.length > 12 ? ', …' : ''}; keys of your own start with \`x-\`.`
        : `Write \`${nearest}\`.`,
  });
}

function warnLater(name: string, spot: Spot, path: string, sink: ProblemSink): void {
  sink.add({
    code: 'W-CONFIG-LATER',
    spot,
    path,
    seen: name,
    message: `\`${name}\` is understood but not supported yet: it has no effect in this version`,
    hint: 'It may stay: a later version acts on it.',
  });
}

function refuseMissing(name: string, node: MapNode, path: string, sink: ProblemSink): void {
  const [firstKey] = node.entries.values();
  sink.add({
    code: 'E-CONFIG-REQUIRED',
    spot: firstKey?.keySpot ?? { ...node.spot, length: 1 },
    path,
    allowed: [name],
    message: `\`${path === '' ? 'the config' : path}\` lacks \`${name}\``,
    hint: `Add \`${name}:\`.`,
  });
}

function mappingJson(keys: Keys, options: MappingOptions): JsonSchema {
  const properties: Record<string, unknown> = {};
  for (const [name, { shape, about, from, status }] of Object.entries(keys)) {
    const whose = from === 'compose' ? 'Compose.' : 'Fettle.';
    const later = status === 'later' ? ' Not supported yet: no effect in this version.' : '';
    properties[name] = { ...shape.json, description: `${about} ${whose}${later}` };
  }
  for (const name of options.ignored ?? [])
    properties[name] = { description: 'Compose. Ignored: nothing acts on it.' };
  return {
    type: 'object',
    properties,
    patternProperties: { '^x-': {}, '^<<$': {} },
    additionalProperties: false,
    ...(options.required === undefined ? {} : { required: options.required }),
  };
}
