/** Does the program of the command exist, and may it be run? The shell's own word is looked into. */
import { accessSync, constants, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ServiceExam } from '@fettle/core/loop/collect/exam';
import type { ExamContext } from './exam-context.ts';

const builtins = new Set(
  '. : [ break cd command continue echo eval exec exit export false for if kill printf pwd read set shift sleep source test trap true type ulimit umask unset until wait while {'.split(
    ' ',
  ),
);

export function examineCommand({ service }: Pick<ExamContext, 'service'>): ServiceExam['command'] {
  const name = programOf(service.command);
  const path = service.environment['PATH'] ?? process.env['PATH'] ?? '/usr/bin:/bin';
  return { name, found: name === '' ? service.external : exists(name, service.workingDir, path) };
}

/** `node` of `sh -c "exec node server.js"`: the first word that is a program's. */
function programOf(command: readonly string[]): string {
  const [first = '', flag, text] = command;
  if (!/(?:^|\/)(?:ba|da|z)?sh$/.test(first) || flag !== '-c' || text === undefined) return first;
  const words = text.trim().split(/\s+/).slice(0, 20);
  const word = words.find((one) => !/^[A-Za-z_]\w*=/.test(one) && one !== 'exec' && one !== 'env');
  if (word === undefined || builtins.has(word) || !/^[\w./+-]+$/.test(word)) return first;
  return word;
}

function exists(name: string, workingDir: string, path: string): boolean {
  if (name.includes('/')) return isProgram(resolve(workingDir, name));
  return path.split(':').some((folder) => isProgram(resolve(workingDir, join(folder, name))));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
