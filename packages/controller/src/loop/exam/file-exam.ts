/** The files of a service: those that are watched, and those that its command and environment name. */
import { statSync } from 'node:fs';
import type { FileExam } from '@fettle/core/loop/collect/exam';
import { namedPaths } from '../named-files.ts';
import type { ExamContext } from './exam-context.ts';

const maxFiles = 60;

export function examineFiles({ service, deps }: ExamContext): readonly FileExam[] {
  const watched = (deps.files?.watched() ?? []).filter((one) => one.service === service.name);
  const known = new Set(watched.map(({ path }) => path));
  const named = namedPaths(service).filter((path) => !known.has(path));
  const files = [
    ...watched.map(({ path, secret }): FileExam => {
      const state = deps.files?.state(path) ?? null;
      const facts = statSync(path, { throwIfNoEntry: false });
      return {
        path,
        exists: facts !== undefined,
        watched: true,
        secret,
        changedAtMs: state?.changedAtMs ?? facts?.mtimeMs ?? null,
        differsFromGood: state?.differsFromGood ?? false,
        hasGood: state?.hasGood ?? false,
      };
    }),
    ...named.map(unwatched),
  ];
  return files.slice(0, maxFiles);
}

function unwatched(path: string): FileExam {
  const facts = statSync(path, { throwIfNoEntry: false });
  return {
    path,
    exists: facts !== undefined,
    watched: false,
    secret: false,
    changedAtMs: facts?.mtimeMs ?? null,
    differsFromGood: false,
    hasGood: false,
  };
}
