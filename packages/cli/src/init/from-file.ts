/** `fettle init --from FORMAT [FILE]`: the file of another tool as a fettle.yaml, with its notes. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { foreignFormats, type ForeignFormat, type Note } from '@fettle/config/import/draft';
import { findForeign, foreignFormatOf } from '@fettle/config/import/find-foreign';
import { importStack, type Imported } from '@fettle/config/import/import-stack';
import { ConfigProblems, ProblemSink } from '@fettle/config/problem/problem';
import { configNames } from '@fettle/config/source/find-files';
import { placeOf } from '@fettle/config/source/node';
import { FettleError } from '@fettle/sdk/fettle-error';
import { usageError, type Session } from '../session.ts';
import type { Look } from '../terminal/look.ts';
import { paint } from '../terminal/paint.ts';
import { padTo } from '../terminal/width.ts';
import { readIfThere, type FileChange } from './file-change.ts';

export type ImportPlan = Readonly<{
  imported: Imported;
  /** The file that is read, absolute. */
  from: string;
  changes: readonly FileChange[];
}>;

type Asked = Readonly<{
  /** As typed; null: by what lies in the folder. */
  format: string | null;
  file: string | null;
  /** Replaces a fettle.yaml that is there. */
  force: boolean;
}>;

export function planImport(session: Session, asked: Asked): ImportPlan {
  const { format, path } = chooseFile(session, asked);
  const sink = new ProblemSink();
  const cwd = session.flags.dir;
  const imported = importStack({ format, path, cwd, env: session.env, sink });
  if (imported === null)
    throw new ConfigProblems(sink.list('error'), sink.list('warning'), sink.lost);
  const file = join(dirname(path), 'fettle.yaml');
  const before = readIfThere(file);
  if (before !== null && before !== imported.text && !asked.force)
    throw new FettleError('E-INIT-EXISTS', `${file} is there already; nothing was written`, {
      hint: 'see what would change by --dry-run --force, replace it by --force',
      exitCode: 2,
    });
  const changes = [{ file, before, after: imported.text }, ...overrideChanges(path, format)];
  return { imported, from: path, changes };
}

/** What lies over a Compose file lies over a fettle.yaml under another name. */
function overrideChanges(path: string, format: ForeignFormat): readonly FileChange[] {
  if (format !== 'compose') return [];
  const over = path.replace(/(\.ya?ml)$/, '.override$1');
  const text = over === path ? null : readIfThere(over);
  const file = join(dirname(path), 'fettle.local.yaml');
  const before = readIfThere(file);
  return text === null || before !== null ? [] : [{ file, before, after: text }];
}

function chooseFile(
  session: Session,
  { format, file }: Asked,
): Readonly<{ format: ForeignFormat; path: string }> {
  const known = formatNamed(format);
  const named = file === null ? session.flags.configFile : resolve(session.flags.dir, file);
  if (named !== null) {
    const found = known ?? foreignFormatOf(named);
    if (found !== null) return { format: found, path: named };
    throw usageError(
      `${relative(session.flags.dir, named)} is of no known format`,
      `say which by --from: ${foreignFormats.join(', ')}`,
    );
  }
  const here = filesHere(session.flags.dir);
  const found = here.find((one) => known === null || one.format === known);
  if (found !== undefined) return found;
  const what = known === null ? 'nothing to import' : `no file of ${known}`;
  throw new FettleError('E-INIT-NONE', `there is ${what} in ${session.flags.dir}`, {
    hint: `name the file: fettle init --from ${known ?? 'FORMAT'} FILE`,
    exitCode: 2,
  });
}

function filesHere(dir: string) {
  const compose = configNames
    .filter((name) => !name.startsWith('fettle') && existsSync(join(dir, name)))
    .map((name) => ({ format: 'compose', path: join(dir, name) }) as const);
  return [...compose, ...findForeign(dir)];
}

function formatNamed(format: string | null): ForeignFormat | null {
  if (format === null) return null;
  const found = foreignFormats.find((one) => one === format.toLowerCase());
  if (found !== undefined) return found;
  throw usageError(`--from ${format} is no known format`, `one of: ${foreignFormats.join(', ')}`);
}

export function notesDocument({ imported, from }: ImportPlan) {
  return {
    from,
    format: imported.format,
    services: imported.services,
    notes: imported.notes.map(({ spot, ...note }) => ({
      ...note,
      place: spot === null ? null : placeOf(spot),
    })),
  };
}

/** What was not taken over as it stood; empty when everything was. */
export function renderNotes({ imported }: ImportPlan, look: Look): string {
  const { notes } = imported;
  const names = notes.map(({ service }) => service ?? '');
  const width = Math.max(0, ...names.map((name) => name.length));
  return [
    ...section('no word here, kept under x-' + imported.format, notes, 'kept'),
    ...section('works a little differently', notes, 'changed'),
  ].join('');

  function section(title: string, all: readonly Note[], kind: Note['kind']): readonly string[] {
    const some = all.filter((note) => note.kind === kind);
    if (some.length === 0) return [];
    return [
      `${paint(look, kind === 'kept' ? 'warn' : 'bold', title)}\n`,
      ...some.map(({ service, text, spot }) => {
        const { file, line } = spot === null ? { file: '', line: 0 } : placeOf(spot);
        const place = spot === null ? '' : paint(look, 'dim', `  ${file}:${line}`);
        return `  ${padTo(service ?? '', width)}  ${text}${place}\n`;
      }),
    ];
  }
}
