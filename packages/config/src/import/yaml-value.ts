/** The plain value of YAML files laid over each other, with every syntax error told at its place. */
import { parseDocument } from 'yaml';
import type { ProblemSink } from '../problem/problem.ts';
import type { Source } from '../source/node.ts';
import { isMap, type Foreign, type Plain } from './draft.ts';

export function mergedValue({ files, sink }: Pick<Foreign, 'files' | 'sink'>): Plain {
  return files
    .filter(({ path }) => /\.(?:ya?ml|json)$/i.test(path))
    .map((source) => valueOfSource(source, sink))
    .reduce<Plain>((below, above) => lay(below, above), null);
}

/** null: nothing stands there, or the sink says why it cannot be read. JSON is YAML, too. */
export function valueOfSource(source: Source, sink: ProblemSink): Plain {
  const document = parseDocument(source.text, { logLevel: 'silent', merge: true });
  const [error] = document.errors;
  if (error === undefined) return document.toJS({ maxAliasCount: 1_000 }) as Plain;
  const message = error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
  sink.add({
    code: 'E-IMPORT-SYNTAX',
    spot: { source, offset: error.pos[0], length: Math.max(1, error.pos[1] - error.pos[0]) },
    path: '',
    message: `${source.name} cannot be read: ${message}`,
    hint: 'Mend the file where it is marked.',
  });
  return null;
}

/** Mappings are merged key by key, everything else is replaced. */
function lay(below: Plain, above: Plain): Plain {
  if (!isMap(below) || !isMap(above)) return above;
  const joined: Record<string, Plain> = { ...below };
  for (const [key, value] of Object.entries(above))
    joined[key] = joined[key] === undefined ? value : lay(joined[key], value);
  return joined;
}
