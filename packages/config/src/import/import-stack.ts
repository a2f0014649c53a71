/**
 * Reads the files of another tool and gives the text of the `fettle.yaml` that they mean, with a
 * note for everything that has no word here or works a little differently.
 */
import { hostname, availableParallelism, homedir, userInfo } from 'node:os';
import { basename, dirname } from 'node:path';
import type { ProblemSink } from '../problem/problem.ts';
import type { Source } from '../source/node.ts';
import { displayName, readSource } from '../source/read-source.ts';
import { rewriteCompose } from './compose.ts';
import type { Foreign, ForeignFormat, Note, Plain } from './draft.ts';
import { evaluateEcosystem } from './evaluate-ecosystem.ts';
import { companionsOf, listFolder } from './find-foreign.ts';
import { translators } from './translators.ts';
import { writeDraft } from './write-draft.ts';
import { valueOfSource } from './yaml-value.ts';

export type Imported = Readonly<{
  format: ForeignFormat;
  /** Of a `fettle.yaml`. */
  text: string;
  notes: readonly Note[];
  /** Names of services in order. */
  services: readonly string[];
  /** Absolute paths of all that was read, with their times. */
  files: ReadonlyMap<string, number>;
}>;

export type ImportRequest = Readonly<{
  format: ForeignFormat;
  /** Absolute; of systemd also a folder of units. */
  path: string;
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  sink: ProblemSink;
}>;

/** null: it cannot be read, and the sink says why. */
export function importStack(request: ImportRequest): Imported | null {
  const read = readAll(request);
  const [main] = read.sources;
  if (main === undefined) return null;
  const { format, sink } = request;
  const head = [`From ${basename(request.path)} by \`fettle init --from ${format}\`.`];
  if (format === 'compose') {
    const { text, notes } = rewriteCompose(main);
    return { format, text, notes, services: [], files: read.files };
  }
  const value = format === 'pm2' ? valueOfPm2(main, request) : null;
  if (sink.failed) return null;
  const draft = translators[format](foreignOf(read.sources, value, request));
  if (sink.failed) return null;
  if (draft.services.length === 0) {
    sink.add({
      code: 'E-IMPORT-EMPTY',
      spot: { source: main, offset: 0, length: 1 },
      path: '',
      message: `${basename(request.path)} holds nothing to run`,
      hint: emptyHints[format],
    });
    return null;
  }
  return {
    format,
    text: writeDraft(draft, head),
    notes: draft.notes,
    services: draft.services.map(({ name }) => name),
    files: read.files,
  };
}

const emptyHints: Readonly<Record<ForeignFormat, string>> = {
  compose: 'Add `services:` with at least one service.',
  procfile: 'Write a line such as `web: node server.js`.',
  pm2: 'Write `apps: [{ name: "web", script: "server.js" }]`.',
  'process-compose': 'Write `processes:` with at least one process.',
  supervisord: 'Write a `[program:web]` section with a `command`.',
  systemd: 'Name a `.service` file, or a folder that holds some.',
  package: 'Add a script `start` or `dev`.',
};

type ReadFiles = Readonly<{ sources: readonly Source[]; files: ReadonlyMap<string, number> }>;

function readAll({ format, path, cwd, sink }: ImportRequest): ReadFiles {
  const sources: Source[] = [];
  const files = new Map<string, number>();
  const take = (file: string): Source | null => {
    const read = readSource(file, cwd);
    if (read.ok) {
      sources.push(read.source);
      files.set(file, read.modifiedAtMs);
      return read.source;
    }
    const source = { path: file, name: displayName(file, cwd), baseDir: dirname(file), text: '' };
    const code = read.missing ? 'E-CONFIG-MISSING' : 'E-CONFIG-READ';
    const { message, hint } = read;
    sink.add({ code, spot: { source, offset: 0, length: 1 }, path: '', message, hint });
    return null;
  };
  if (format === 'systemd') for (const file of companionsOf(format, path, '')) take(file);
  else {
    const main = take(path);
    if (main !== null)
      for (const file of companionsOf(format, path, main.text)) if (file !== path) take(file);
  }
  return { sources, files };
}

function valueOfPm2(source: Source, { path, env, sink }: ImportRequest): Plain {
  if (!/\.[cm]?js$/.test(path)) return valueOfSource(withoutSlashes(source), sink);
  const evaluated = evaluateEcosystem(path, env);
  if (evaluated.ok) return evaluated.value;
  const { message, hint, line } = evaluated;
  const before = source.text.split('\n').slice(0, Math.max(0, (line ?? 1) - 1));
  const offset = before.reduce((sum, text) => sum + text.length + 1, 0);
  sink.add({ code: 'E-IMPORT-EVAL', spot: { source, offset, length: 1 }, path: '', message, hint });
  return null;
}

/** PM2 allows comments in JSON, which YAML reads when they begin with `#`; offsets stay. */
function withoutSlashes(source: Source): Source {
  if (!/\.json5?$/.test(source.path)) return source;
  const text = source.text
    .replaceAll(/^(\s*)\/\/(.*)$/gm, '$1# $2')
    .replaceAll(/\/\*[\s\S]*?\*\//g, (whole) => whole.replaceAll(/[^\n]/g, ' '));
  return { ...source, text };
}

function foreignOf(
  files: readonly Source[],
  value: Plain,
  { path, env, sink }: ImportRequest,
): Foreign {
  const machine = {
    cores: availableParallelism(),
    hostname: hostname(),
    home: env['HOME'] ?? homedir(),
    user: env['USER'] ?? userInfo().username,
  };
  return { files, value, beside: new Set(listFolder(dirname(path))), env, machine, sink };
}
