/**
 * Reads runbooks: those that are shipped, and the user's own from `runbooks/` beside the config,
 * which replace shipped ones of the same name.
 *
 * Every problem of every file is told with its place. A file with problems is not used, and neither
 * is the shipped runbook that it was meant to replace: its author did not want that one.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { nearestOf } from '@fettle/config/problem/nearest';
import { ProblemSink, type Problem } from '@fettle/config/problem/problem';
import type { Source } from '@fettle/config/source/node';
import { parseYaml } from '@fettle/config/source/parse-yaml';
import { readSource } from '@fettle/config/source/read-source';
import { readRunbook, type ReadRunbook } from '@fettle/core/loop/plan/read-runbook';
import type { RunbookProblem } from '@fettle/core/loop/plan/reading/runbook-tree';
import type { Runbook } from '@fettle/core/loop/plan/runbook';

export type LoadRunbookOptions = Readonly<{
  /** Folder of the stack; null: only shipped ones. */
  dir: string | null;
  /** Paths in messages are relative to it. */
  cwd: string;
}>;

export type LoadedRunbooks = Readonly<{
  /** Shipped ones first, each group in order of its names. */
  runbooks: readonly Runbook[];
  problems: readonly Problem[];
}>;

/** The same from `src` and from `dist`. */
const shippedDir = join(import.meta.dirname, '../../runbooks');
const forms = /\.(ya?ml|json)$/;
const MAX_FILES = 200;

export function loadRunbooks({ dir, cwd }: LoadRunbookOptions): LoadedRunbooks {
  const sink = new ProblemSink();
  const shipped = listRunbooks(shippedDir).map((file) => readFile(file, cwd, sink));
  const files = dir === null ? [] : listRunbooks(join(dir, 'runbooks'));
  const own = files.slice(0, MAX_FILES).map((file) => readFile(file, cwd, sink));
  refuseTwins(own, sink);
  const taken = new Set(own.flatMap(({ name }) => name ?? []));
  const used = [...shipped.filter(({ name }) => !taken.has(name ?? '')), ...unique(own)];
  return {
    runbooks: used.flatMap(({ runbook }) => runbook ?? []),
    problems: sink.list('error'),
  };
}

/** Named files, as `fettle runbooks validate FILE...` reads them. */
export function readRunbookFiles(files: readonly string[], cwd: string): LoadedRunbooks {
  const sink = new ProblemSink();
  const read = files.map((file) => readFile(file, cwd, sink));
  refuseTwins(read, sink);
  return { runbooks: read.flatMap(({ runbook }) => runbook ?? []), problems: sink.list('error') };
}

type ReadFile = Omit<ReadRunbook, 'problems'> & Readonly<{ source: Source | null }>;
const unread: ReadFile = { runbook: null, name: null, enabled: true, source: null };

/** Absolute paths, sorted; none when there is no such folder. */
function listRunbooks(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => forms.test(name) && !name.startsWith('.'))
    .toSorted()
    .map((name) => join(folder, name));
}

function readFile(file: string, cwd: string, sink: ProblemSink): ReadFile {
  const origin = file.startsWith(shippedDir) ? 'shipped' : file;
  const found = readSource(file, cwd);
  if (!found.ok) {
    const source = { path: file, name: basename(file), baseDir: cwd, text: '' };
    const { message, hint } = found;
    const spot = { source, offset: 0, length: 1 };
    sink.add({ code: 'E-RUNBOOK-READ', spot, path: '', message, hint });
    return unread;
  }
  const { source } = found;
  const tree = parseYaml(source, sink, {
    code: 'E-RUNBOOK-EMPTY',
    hint: 'docs/runbooks.md begins with the shortest runbook.',
    allowed: [],
  });
  if (tree === null) return { ...unread, source };
  const { problems, ...read } = readRunbook(tree, origin);
  for (const problem of problems) tell(problem, source, sink);
  return { ...read, source };
}

function tell(problem: RunbookProblem, source: Source, sink: ProblemSink): void {
  const { spot, message, hint, seen, allowed } = problem;
  const nearest = seen === null ? null : nearestOf(seen, allowed);
  sink.add({
    ...problem,
    spot: { source, ...spot },
    nearest,
    message: nearest === null ? message : `${message}; did you mean \`${nearest}\`?`,
    hint: nearest === null ? hint : `Write \`${nearest}\`.`,
  });
}

function unique(read: readonly ReadFile[]): readonly ReadFile[] {
  return [...new Map(read.map((one) => [one.name, one])).values()];
}

function refuseTwins(read: readonly ReadFile[], sink: ProblemSink): void {
  const first = new Map<string, Source>();
  for (const { name, source } of read) {
    if (name === null || source === null) continue;
    const other = first.get(name);
    if (other === undefined) {
      first.set(name, source);
      continue;
    }
    sink.add({
      code: 'E-RUNBOOK-TWICE',
      spot: { source, offset: 0, length: 1 },
      path: 'name',
      seen: name,
      message: `\`${name}\` is also the name of ${other.name}`,
      hint: 'Rename one of them, or remove it.',
    });
  }
}
