/**
 * A stack as a Compose file. The words are the same; what only Fettle knows stands under
 * `x-fettle`, which Compose leaves alone and an import takes back.
 */
import { isMap as isYamlMap, isScalar, parseDocument, YAMLMap, type Pair } from 'yaml';
import { serviceKeys } from '../keys/service-keys.ts';
import { stackKeys } from '../keys/stack-keys.ts';
import type { Source } from '../source/node.ts';
import type { Exported } from './exported.ts';

export function exportCompose(source: Source): Exported {
  const document = parseDocument(source.text, { logLevel: 'silent' });
  const top: unknown = document.contents;
  let changed = isYamlMap(top) && setAside(top, ownOf(stackKeys));
  const services: unknown = document.get('services');
  for (const { value } of isYamlMap(services) ? services.items : [])
    if (isYamlMap(value)) changed = setAside(value, ownOf(serviceKeys)) || changed;
  const text = changed ? document.toString({ lineWidth: 0 }) : source.text;
  return { files: [{ name: 'compose.yaml', text }], lost: [] };
}

function ownOf(keys: Readonly<Record<string, Readonly<{ from: string }>>>): ReadonlySet<string> {
  const own = Object.entries(keys).filter(([, { from }]) => from === 'fettle');
  return new Set(own.map(([name]) => name));
}

const nameOf = ({ key }: Pair): string => (isScalar(key) ? String(key.value) : '');

/** false: there was nothing of ours. */
function setAside(map: YAMLMap, own: ReadonlySet<string>): boolean {
  const ours = map.items.filter((pair) => own.has(nameOf(pair)));
  if (ours.length === 0) return false;
  map.items = map.items.filter((pair) => !ours.includes(pair));
  const aside = new YAMLMap();
  aside.items.push(...ours);
  map.set('x-fettle', aside);
  return true;
}
