/** Files of other tools for the tests of translators: text in, draft out, no disk. */
import { dirname, join } from 'node:path';
import type { Draft, DraftService, Foreign, Plain } from '../import/draft.ts';
import { ProblemSink, type Problem } from '../problem/problem.ts';

type Files = Readonly<Record<string, string>>;

export function foreignOf(files: Files, more: Partial<Foreign> = {}): Foreign {
  const sources = Object.entries(files).map(([name, text]) => {
    const path = join('/stack', name);
    return { path, name, baseDir: dirname(path), text };
  });
  return {
    files: sources,
    value: null,
    beside: new Set(Object.keys(files)),
    env: {},
    machine: { cores: 4, hostname: 'box', home: '/home/me', user: 'me' },
    sink: new ProblemSink(),
    ...more,
  };
}

export type Reading = Readonly<{
  draft: Draft;
  problems: readonly Problem[];
  /** Its keys; throws when there is no such service. */
  keys(name: string): DraftService['keys'];
  kept(name: string): DraftService['kept'];
  /** `service directive` of every note of that kind. */
  noted(kind: 'kept' | 'changed'): readonly string[];
}>;

export function readingOf(
  read: (foreign: Foreign) => Draft,
  files: Files,
  more: Partial<Foreign> = {},
): Reading {
  const foreign = foreignOf(files, more);
  const draft = read(foreign);
  const service = (name: string): DraftService => {
    const found = draft.services.find((one) => one.name === name);
    if (found !== undefined) return found;
    throw new TypeError(`no ${name} among ${draft.services.map((one) => one.name).join(', ')}`);
  };
  return {
    draft,
    problems: foreign.sink.list('error'),
    keys: (name) => service(name).keys,
    kept: (name) => service(name).kept,
    noted: (kind) =>
      draft.notes
        .filter((note) => note.kind === kind)
        .map((note) => `${note.service ?? ''} ${note.directive}`.trim()),
  };
}

export const valueOf = (value: Plain): Partial<Foreign> => ({ value });
