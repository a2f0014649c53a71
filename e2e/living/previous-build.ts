/**
 * The version before this one, built from the repository's history: what an upgrade meets in the
 * field. Built once a clone and kept in node_modules.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The last commit before containers, imports and units: the third issue's end. */
const previousCommit = process.env['FETTLE_PREVIOUS'] ?? 'c1eff1c2fd5b5eedfc5f7e31f6acf25b8bfdbb39';

export const clone = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Why it cannot be had; null: it can. A shallow clone has no history. */
export function whyNoPrevious(): string | null {
  const there = spawnSync('git', ['cat-file', '-e', `${previousCommit}^{commit}`], { cwd: clone });
  return there.status === 0 ? null : `commit ${previousCommit.slice(0, 7)} is not in this clone`;
}

/** @returns the folder of the built program. */
export function previousBuild(): string {
  const folder = join(clone, 'node_modules', '.fettle-previous', previousCommit.slice(0, 12));
  if (existsSync(join(folder, 'built'))) return folder;
  const temporary = `${folder}.${process.pid}`;
  mkdirSync(temporary, { recursive: true });
  run('sh', ['-c', `git archive ${previousCommit} | tar -x -C "$0"`, temporary], clone);
  linkModules(temporary);
  run(process.execPath, ['tools/build.mjs'], temporary);
  writeFileSync(join(temporary, 'built'), '');
  rmSync(folder, { recursive: true, force: true });
  renameSync(temporary, folder);
  return folder;
}

/** The packages of others from this clone, ours from the old one. */
function linkModules(root: string): void {
  const from = join(clone, 'node_modules');
  const to = join(root, 'node_modules');
  mkdirSync(join(to, '@fettle'), { recursive: true });
  for (const name of readdirSync(from))
    if (!name.startsWith('.') && name !== '@fettle') symlinkSync(join(from, name), join(to, name));
  for (const name of readdirSync(join(root, 'packages')))
    symlinkSync(join('..', '..', 'packages', name), join(to, '@fettle', name));
}

function run(program: string, words: readonly string[], cwd: string): void {
  const { status, stderr, stdout } = spawnSync(program, [...words], {
    cwd,
    encoding: 'utf8',
    timeout: 300_000,
  });
  if (status !== 0) throw new TypeError(`${program} ${words.join(' ')}: ${stdout}${stderr}`);
}
