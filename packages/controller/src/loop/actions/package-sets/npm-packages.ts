/**
 * `node_modules` from `package-lock.json`: installed in a folder beside it and then swapped in by
 * two renames, so that a failed installation changes nothing.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { failed } from '../act-error.ts';
import { hashOf } from '../kept-bytes.ts';
import { runCommand } from '../run-command.ts';
import type { OpenPackageSet } from './package-set.ts';

const aside = '.fettle-packages';
const options = ['ci', '--offline', '--no-audit', '--no-fund', '--no-update-notifier'];

export const npmPackages: OpenPackageSet = ({ workingDir, environment }, env) => {
  const lockFile = join(workingDir, 'package-lock.json');
  const modules = join(workingDir, 'node_modules');
  if (!existsSync(lockFile)) return null;
  const keptIn = (place: string): string => join(workingDir, aside, `${place}-before`);
  const stagedIn = (place: string): string => join(workingDir, aside, `${place}-new`);
  return {
    kind: 'npm',
    command: `npm ${options.slice(0, 2).join(' ')}`,
    lacks: lackOf(lockFile),
    lock: () => hashOf(readFileSync(lockFile)),
    async install(place, signal) {
      const staged = stagedIn(place);
      const kept = keptIn(place);
      // A crash between the two renames: begin again from what was there.
      if (existsSync(kept) && !existsSync(modules)) renameSync(kept, modules);
      stage(workingDir, staged);
      const given = { ...withoutNpm(env), ...environment };
      const ran = await runCommand({ argv: ['npm', ...options], cwd: staged, env: given, signal });
      if (ran.code !== 0 || !existsSync(join(staged, 'node_modules'))) {
        rmSync(staged, { recursive: true, force: true });
        throw failed(`npm ended with ${String(ran.code)}: ${ran.output}`);
      }
      if (existsSync(modules)) renameSync(modules, kept);
      else mkdirSync(kept, { recursive: true });
      renameSync(join(staged, 'node_modules'), modules);
      rmSync(staged, { recursive: true, force: true });
      dropOlder(join(workingDir, aside), place);
    },
    isInstalled: (place) =>
      existsSync(keptIn(place)) && existsSync(modules) && !existsSync(stagedIn(place)),
    putBack(place) {
      const kept = keptIn(place);
      if (!existsSync(kept)) return 'the former packages are in place already';
      const failedSet = join(workingDir, aside, `${place}-taken-back`);
      if (existsSync(modules)) renameSync(modules, failedSet);
      // An empty folder stands for "there was none".
      if (readdirSync(kept).length > 0) renameSync(kept, modules);
      else rmSync(kept, { recursive: true });
      rmSync(failedSet, { recursive: true, force: true });
      return 'the former packages are in place again';
    },
  };
};

function stage(workingDir: string, staged: string): void {
  rmSync(staged, { recursive: true, force: true });
  mkdirSync(staged, { recursive: true });
  for (const name of ['package-lock.json', '.npmrc'])
    if (existsSync(join(workingDir, name)))
      copyFileSync(join(workingDir, name), join(staged, name));
  // The project's own scripts expect the project around them; those of packages run.
  const manifest = JSON.parse(readFileSync(join(workingDir, 'package.json'), 'utf8')) as object;
  writeFileSync(join(staged, 'package.json'), JSON.stringify({ ...manifest, scripts: {} }));
}

/** One former set is enough for the way back of the newest act. */
function dropOlder(folder: string, place: string): void {
  for (const name of readdirSync(folder))
    if (!name.startsWith(place)) rmSync(join(folder, name), { recursive: true, force: true });
}

type Lock = Readonly<{
  lockfileVersion?: number;
  packages?: Readonly<
    Record<string, Readonly<{ link?: boolean; inBundle?: boolean; integrity?: string }>>
  >;
}>;

/** Every package must be named with the hash of its content. */
function lackOf(lockFile: string): string | null {
  try {
    const { lockfileVersion = 1, packages = {} } = JSON.parse(
      readFileSync(lockFile, 'utf8'),
    ) as Lock;
    if (lockfileVersion < 2) return 'a lock file of npm 7 or later';
    const named = Object.entries(packages).filter(([path]) => path !== '');
    if (named.some(([, { link }]) => link === true)) return 'a lock file without local packages';
    const loose = named.find(
      ([, { integrity, inBundle }]) => integrity === undefined && inBundle !== true,
    );
    return loose === undefined ? null : `a hash for ${loose[0]} in the lock file`;
  } catch {
    return 'a readable lock file';
  }
}

/**
 * A daemon that `npm start` began inherits the settings of that run, its folder among them: npm would
 * then work there instead of in the service's.
 */
function withoutNpm(env: Readonly<Record<string, string | undefined>>) {
  const own = Object.entries(env).filter(([name]) => !/^(npm_|INIT_CWD$)/i.test(name));
  return Object.fromEntries(own);
}
