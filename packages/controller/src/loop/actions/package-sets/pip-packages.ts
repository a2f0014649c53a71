/**
 * A virtual environment's packages from a `requirements.txt` in which every line is pinned, out of a
 * folder of wheels (`wheels`, `wheelhouse`, or the label `fettle.wheels`). The former set is copied
 * aside first, since pip works in place.
 */
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { Service } from '@fettle/core/stack/service';
import { failed } from '../act-error.ts';
import { hashOf } from '../kept-bytes.ts';
import { runCommand } from '../run-command.ts';
import type { OpenPackageSet } from './package-set.ts';

const label = 'fettle.wheels';

export const pipPackages: OpenPackageSet = (service, env) => {
  const { workingDir, environment } = service;
  const lockFile = join(workingDir, 'requirements.txt');
  if (!existsSync(lockFile)) return null;
  const wheels = wheelsOf(service);
  const venv = environmentOf(service);
  const packages = venv === null ? null : packagesOf(venv);
  const python = join(venv ?? '', 'bin', 'python');
  const args = ['--no-index', '--find-links', wheels ?? '', '-r', lockFile];
  const keptIn = (place: string): string => `${packages ?? ''}.fettle-${place}`;
  return {
    kind: 'pip',
    command: `${python} -m pip install ${args.join(' ')}`,
    lacks: lackOf(lockFile, wheels, packages),
    lock: () => hashOf(readFileSync(lockFile)),
    async install(place, signal) {
      if (packages === null) throw failed('the virtual environment is gone');
      const kept = keptIn(place);
      if (!existsSync(kept)) copyWhole(packages, kept);
      const quiet = ['--disable-pip-version-check', '--no-input', '--quiet'];
      const argv = [python, '-m', 'pip', 'install', ...quiet, ...args];
      const given = { ...env, ...environment };
      const { code, output } = await runCommand({ argv, cwd: workingDir, env: given, signal });
      if (code === 0) return;
      swap(packages, kept);
      throw failed(`pip ended with ${String(code)}: ${output}`);
    },
    // pip says what it did only by doing it again, which does no harm.
    isInstalled: () => false,
    putBack(place) {
      const kept = keptIn(place);
      if (packages === null || !existsSync(kept)) return 'the former packages are in place already';
      swap(packages, kept);
      return 'the former packages are in place again';
    },
  };
};

function wheelsOf({ workingDir, labels }: Service): string | null {
  const named = labels[label];
  const places = named === undefined ? ['wheelhouse', 'wheels'] : [named];
  return places.map((one) => resolve(workingDir, one)).find((one) => existsSync(one)) ?? null;
}

/** Only a virtual environment is ours to change, never the system's packages. */
function environmentOf({ command, workingDir, environment }: Service): string | null {
  const [program = ''] = command;
  const path = (environment['PATH'] ?? process.env['PATH'] ?? '').split(delimiter);
  const found = program.includes('/')
    ? [resolve(workingDir, program)]
    : path
        .map((folder) => join(folder, program))
        .filter((file) => existsSync(file))
        .slice(0, 1);
  const folders = [
    ...found.map((file) => dirname(dirname(file))),
    join(workingDir, '.venv'),
    join(workingDir, 'venv'),
  ];
  return folders.find((folder) => existsSync(join(folder, 'pyvenv.cfg'))) ?? null;
}

function packagesOf(venv: string): string | null {
  try {
    const version = readdirSync(join(venv, 'lib')).find((name) => name.startsWith('python3'));
    const folder = join(venv, 'lib', version ?? '', 'site-packages');
    return version !== undefined && existsSync(folder) ? folder : null;
  } catch {
    return null;
  }
}

function copyWhole(from: string, to: string): void {
  const draft = `${to}.part`;
  rmSync(draft, { recursive: true, force: true });
  cpSync(from, draft, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  renameSync(draft, to);
}

function swap(packages: string, kept: string): void {
  const taken = `${kept}.taken-back`;
  renameSync(packages, taken);
  renameSync(kept, packages);
  rmSync(taken, { recursive: true, force: true });
}

function lackOf(lockFile: string, wheels: string | null, packages: string | null): string | null {
  if (packages === null) return 'a virtual environment';
  if (wheels === null) return `a folder of wheels (the label ${label})`;
  const lines = readFileSync(lockFile, 'utf8')
    .replaceAll(/\\\r?\n/g, ' ')
    .split(/\r?\n/);
  const loose = lines
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .find((line) => line !== '' && !/^[\w.[\],-]+\s*==\s*[\w.!+]+(\s|;|$)/.test(line));
  return loose === undefined ? null : `a pinned version in the line "${loose.slice(0, 60)}"`;
}
