/** A file that `init` would write: shown as a diff, then written whole or not at all. */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { Look } from '../terminal/look.ts';
import { paint } from '../terminal/paint.ts';

export type FileChange = Readonly<{
  /** Absolute. */
  file: string;
  /** null: it is not there yet. */
  before: string | null;
  after: string;
}>;

export type ChangeWord = 'created' | 'updated' | 'unchanged';

export function changeWord({ before, after }: FileChange): ChangeWord {
  if (before === null) return 'created';
  return before === after ? 'unchanged' : 'updated';
}

/** null: there is none. @throws FettleError E-INIT-FILE. */
export function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unusable(file, cause);
  }
}

/** Through a file beside it: a reader never sees half of it. @throws FettleError E-INIT-FILE. */
export function writeChange({ file, before, after }: FileChange): void {
  if (before === after) return;
  const temporary = `${file}.fettle-${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0o644;
    writeFileSync(temporary, after, { mode: mode & 0o777 });
    renameSync(temporary, file);
  } catch (cause) {
    throw unusable(file, cause);
  }
}

/** Three lines around what differs; what we add is in one or few places. */
export function renderDiff(change: FileChange, name: string, look: Look): string {
  const before = linesOf(change.before ?? '');
  const after = linesOf(change.after);
  let head = 0;
  while (head < before.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const gone = before.slice(head, before.length - tail);
  const fresh = after.slice(head, after.length - tail);
  if (gone.length === 0 && fresh.length === 0) return '';
  const lines = [
    paint(look, 'bold', `--- ${change.before === null ? '(none)' : name}`),
    paint(look, 'bold', `+++ ${name}`),
    paint(look, 'dim', `@@ line ${head + 1} @@`),
    ...before.slice(Math.max(0, head - 3), head).map((line) => ` ${line}`),
    ...gone.map((line) => paint(look, 'bad', `-${line}`)),
    ...fresh.map((line) => paint(look, 'ok', `+${line}`)),
    ...before.slice(before.length - tail, before.length - tail + 3).map((line) => ` ${line}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  return text.replace(/\n$/, '').split('\n');
}

function unusable(file: string, cause: unknown): FettleError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new FettleError('E-INIT-FILE', `${file} cannot be read or written: ${why}`, {
    hint: 'check who owns it and whether the disk has room; nothing else was changed',
    cause,
  });
}
