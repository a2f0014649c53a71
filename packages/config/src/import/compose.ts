/**
 * A Compose file as a `fettle.yaml`. Its words are ours already, so its text stays as it is, with its
 * comments and anchors; only keys that no Compose file may have are moved to `x-compose`, right
 * where they stand.
 */
import { isMap as isYamlMap, isScalar, parseDocument, visit, YAMLMap, type Pair } from 'yaml';
import { isContainer, sayUnused } from '../build/container.ts';
import { stackShape } from '../keys/stack-keys.ts';
import { ProblemSink, type Problem } from '../problem/problem.ts';
import type { Source } from '../source/node.ts';
import { parseYaml } from '../source/parse-yaml.ts';
import type { Note } from './draft.ts';

export type Rewritten = Readonly<{ text: string; notes: readonly Note[] }>;

/** Faults of the file itself are told when it is read as a stack. */
export function rewriteCompose(original: Source): Rewritten {
  const sink = new ProblemSink();
  const lifted = liftOwn(original);
  const source = { ...original, text: lifted };
  const tree = parseYaml(source, sink);
  if (tree === null || tree.kind !== 'map' || sink.failed)
    return { text: original.text, notes: [] };
  for (const { name, value } of stackShape.read(tree, '', sink)?.services?.value ?? [])
    if (!isContainer(value)) sayUnused(value, `services.${name}`, sink);
  const unknown = sink.list('error').filter(({ code }) => code === 'E-CONFIG-KEY');
  const ignored = sink.list('warning').filter(({ code }) => code === 'W-CONFIG-IGNORED');
  const moved = move(source, unknown);
  const notes = [
    ...unknown.map((one) =>
      noteOf(source, one, moved === null ? 'cannot be moved' : 'no such key'),
    ),
    ...ignored.map((one) => noteOf(source, one, 'speaks of containers: nothing for a process')),
  ];
  return { text: moved ?? source.text, notes };
}

function noteOf(source: Source, { path, place }: Problem, why: string): Note {
  const [, service = null] = /^services\.([^.]+)/.exec(path) ?? [];
  const directive = path.replace(/^services\.[^.]+\./, '');
  return {
    kind: 'kept',
    service,
    directive,
    text: `\`${directive}\`: ${why}`,
    spot: { source, offset: offsetOf(source, place), length: 1 },
  };
}

function offsetOf(source: Source, { line, column }: Readonly<{ line: number; column: number }>) {
  const lines = source.text.split('\n').slice(0, line - 1);
  return lines.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
}

/** null: the text would not mean the same afterwards, for an alias would stand before its anchor. */
function move(source: Source, problems: readonly Problem[]): string | null {
  if (problems.length === 0) return source.text;
  const document = parseDocument(source.text, { logLevel: 'silent' });
  const offsets = new Set(problems.map(({ place }) => offsetOf(source, place)));
  const maps: YAMLMap[] = [];
  visit(document, { Map: (_key, map) => void maps.push(map) });
  for (const map of maps) {
    const out = map.items.filter(
      (pair) => isScalar(pair.key) && offsets.has(pair.key.range?.[0] ?? -1),
    );
    if (out.length > 0) moveInto(map, out);
  }
  const text = document.toString({ lineWidth: 0 });
  const after = parseDocument(text, { logLevel: 'silent' });
  return after.errors.length === 0 ? text : null;
}

function moveInto(map: YAMLMap, out: readonly Pair[]): void {
  map.items = map.items.filter((pair) => !out.includes(pair));
  const known: unknown = map.get('x-compose');
  const kept = isYamlMap(known) ? known : new YAMLMap();
  if (kept !== known) map.set('x-compose', kept);
  kept.items.push(...out);
}

/** What an export of ours set aside under `x-fettle` goes back to its place. */
function liftOwn({ text }: Source): string {
  if (!text.includes('x-fettle')) return text;
  const document = parseDocument(text, { logLevel: 'silent' });
  const maps: YAMLMap[] = [];
  visit(document, { Map: (_key, map) => void maps.push(map) });
  for (const map of maps) {
    const aside: unknown = map.get('x-fettle');
    if (!isYamlMap(aside)) continue;
    map.delete('x-fettle');
    map.items.push(...aside.items);
  }
  return document.toString({ lineWidth: 0 });
}
