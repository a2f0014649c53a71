/** Lets the loader take a file of another tool as if it were a `fettle.yaml`. */
import { basename, dirname } from 'node:path';
import type { ProblemSink } from '../problem/problem.ts';
import type { ForeignReader } from '../source/load-tree.ts';
import { displayName } from '../source/read-source.ts';
import type { ForeignFormat } from './draft.ts';
import { foreignFormatOf } from './find-foreign.ts';
import { importStack, type Imported } from './import-stack.ts';

type Parts = Readonly<{
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  sink: ProblemSink;
  /** Told by the person; null: by the name of the file. */
  from: ForeignFormat | null;
}>;

export function foreignReader({ cwd, env, sink, from }: Parts): ForeignReader {
  return (path) => {
    const format = from ?? foreignFormatOf(path);
    if (format === null || format === 'compose') return null;
    const imported = importStack({ format, path, cwd, env, sink });
    if (imported === null) return { source: null, files: new Map() };
    const name = `${displayName(path, cwd)} as fettle.yaml`;
    const source = { path, name, baseDir: dirname(path), text: imported.text };
    sink.add({
      code: 'W-IMPORT-READ',
      spot: { source: { ...source, name: displayName(path, cwd), text: '' }, offset: 0, length: 1 },
      path: '',
      message: `${basename(path)} is read as ${summaryOf(imported)}`,
      hint: `\`fettle init --from ${format}\` shows each and keeps it as fettle.yaml.`,
    });
    return { source, files: imported.files };
  };
}

function summaryOf({ services, notes }: Imported): string {
  const count = (kind: 'kept' | 'changed') => notes.filter((note) => note.kind === kind).length;
  const [kept, changed] = [count('kept'), count('changed')];
  const named = services.length <= 6 ? `: ${services.join(', ')}` : '';
  const parts = [
    `${services.length} ${services.length === 1 ? 'service' : 'services'}${named}`,
    ...(kept > 0 ? [`${kept} of its directives ${kept === 1 ? 'has' : 'have'} no word here`] : []),
    ...(changed > 0 ? [`${changed} ${changed === 1 ? 'works' : 'work'} a little differently`] : []),
  ];
  return parts.join('; ');
}
