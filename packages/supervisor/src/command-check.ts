/**
 * Looks, before a spawn, whether the program and its folder are there: a shell would say so only
 * in the service's own output, with exit code 126 or 127.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** `code`: POSIX error name (ENOENT, EACCES, ENOTDIR, EAGAIN), or E-TEMPLATE. */
export type CommandTrouble = Readonly<{ code: string; message: string }>;

/** null: nothing stands against starting it. */
export function checkCommand(
  command: readonly string[],
  workingDir: string,
  path: string,
): CommandTrouble | null {
  const [program] = command;
  if (program === undefined || program === '')
    return { code: 'ENOENT', message: 'the command is empty' };
  if (!isDirectory(workingDir))
    return { code: 'ENOTDIR', message: `the folder ${workingDir} is not there` };
  if (program.includes('/')) return checkFile(program, resolve(workingDir, program));
  const folders = path.split(':');
  for (const folder of folders)
    if (checkFile(program, resolve(workingDir, join(folder, program))) === null) return null;
  return { code: 'ENOENT', message: `${program} is not on the PATH` };
}

function checkFile(program: string, file: string): CommandTrouble | null {
  try {
    if (!statSync(file).isFile()) return { code: 'EACCES', message: `${program} is not a file` };
  } catch {
    return { code: 'ENOENT', message: `${program} is not there` };
  }
  try {
    accessSync(file, constants.X_OK);
    return null;
  } catch {
    return { code: 'EACCES', message: `${program} is not executable` };
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
