/**
 * Which files of other tools lie in a folder, of which tool a file is, and what belongs to it: a
 * Procfile's `.env`, drop-ins of units, what supervisord includes, the packages of a workspace.
 */
import { globSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { ForeignFormat } from './draft.ts';

const patterns: readonly (readonly [ForeignFormat, RegExp])[] = [
  ['compose', /^(?:docker-)?compose(?:[.-][\w-]+)?\.ya?ml$/],
  ['procfile', /^Procfile(?:[.-][\w-]+)?$|^[\w-]+\.Procfile$/],
  ['process-compose', /^process-compose(?:[.-][\w-]+)?\.ya?ml$/],
  ['pm2', /(?:^|\.)(?:ecosystem|pm2)(?:[.-][\w-]+)*\.(?:[cm]?js|json5?|ya?ml)$/],
  ['pm2', /^process(?:es)?\.(?:json|ya?ml)$/],
  ['supervisord', /^supervisor[\w.-]*\.(?:conf|ini)$/],
  ['systemd', /\.(?:service|target)$/],
  ['package', /^package\.json$/],
];

/** By the name of the file or folder; null: none that is known. */
export function foreignFormatOf(path: string): ForeignFormat | null {
  if (isFolder(path)) return unitNames(path).length > 0 ? 'systemd' : null;
  const name = basename(path);
  return patterns.find(([, pattern]) => pattern.test(name))?.[0] ?? null;
}

export type FoundForeign = Readonly<{ format: ForeignFormat; path: string }>;

/** What lies in a folder, the likeliest first. Compose files are found by `find-files.ts`. */
export function findForeign(dir: string): readonly FoundForeign[] {
  const names = listFolder(dir);
  const found: FoundForeign[] = [];
  const take = (format: ForeignFormat, path: string): void => {
    if (!found.some((one) => one.format === format)) found.push({ format, path });
  };
  const usual: readonly (readonly [ForeignFormat, RegExp])[] = [
    ['procfile', /^Procfile$/],
    ['procfile', /^Procfile\.dev$/],
    ['process-compose', /^process-compose\.ya?ml$/],
    ['pm2', /^(?:ecosystem|pm2)\.config\.(?:[cm]?js|json|ya?ml)$/],
    ['pm2', /^(?:ecosystem|pm2|process|processes)\.json$/],
    ['supervisord', /^supervisord?\.conf$/],
  ];
  for (const [format, pattern] of usual)
    for (const name of names) if (pattern.test(name)) take(format, join(dir, name));
  if (unitNames(dir).length > 0) take('systemd', dir);
  else if (names.includes('systemd') && unitNames(join(dir, 'systemd')).length > 0)
    take('systemd', join(dir, 'systemd'));
  if (names.includes('package.json')) take('package', join(dir, 'package.json'));
  return found;
}

/** Paths of all files that make up the definition, the main one first. */
export function companionsOf(format: ForeignFormat, path: string, text: string): readonly string[] {
  const dir = dirname(path);
  const beside = (...names: readonly string[]) =>
    names.map((name) => join(dir, name)).filter((file) => isFile(file));
  switch (format) {
    case 'procfile':
      return [path, ...beside('.env')];
    case 'process-compose':
      return [path, ...beside('process-compose.override.yaml', 'process-compose.override.yml')];
    case 'supervisord':
      return [path, ...includedBy(dir, text)];
    case 'systemd':
      return unitFiles(path);
    case 'package':
      return [path, ...workspaces(dir, text)];
    case 'compose':
    case 'pm2':
      return [path];
    default:
      return format satisfies never;
  }
}

function includedBy(dir: string, text: string): readonly string[] {
  const section = /^\[include\][^[]*/m.exec(text)?.[0] ?? '';
  const files = /^\s*files\s*[=:]\s*(.*(?:\n[ \t]+\S.*)*)/m.exec(section)?.[1] ?? '';
  const globs = files
    .replaceAll(/\s[;#].*$/gm, '')
    .replaceAll('%(here)s', dir)
    .split(/\s+/);
  return globs
    .filter((glob) => glob !== '')
    .flatMap((glob) => globSync(resolve(dir, glob)).toSorted())
    .filter(isFile)
    .slice(0, 100);
}

/** Of a folder all units; of one unit itself. Their drop-ins come after them. */
function unitFiles(path: string): readonly string[] {
  const [dir, names] = isFolder(path) ? [path, unitNames(path)] : [dirname(path), [basename(path)]];
  return names.flatMap((name) => {
    const folder = join(dir, `${name}.d`);
    const dropIns = listFolder(folder).filter((one) => one.endsWith('.conf'));
    return [join(dir, name), ...dropIns.map((one) => join(folder, one))];
  });
}

const unitNames = (dir: string): readonly string[] =>
  listFolder(dir).filter((name) => /\.(?:service|target|timer|socket|path)$/.test(name));

function workspaces(dir: string, text: string): readonly string[] {
  let said: unknown;
  try {
    const root = JSON.parse(text) as { workspaces?: unknown };
    said = root.workspaces;
  } catch {
    // The translator tells what is wrong with the file, and where.
    return [];
  }
  const globs = Array.isArray(said)
    ? said
    : ((said as { packages?: unknown } | undefined)?.packages ?? []);
  return (Array.isArray(globs) ? globs : [])
    .filter((glob): glob is string => typeof glob === 'string' && !glob.startsWith('!'))
    .flatMap((glob) => globSync(join(dir, glob, 'package.json')).toSorted())
    .filter((file) => !file.includes('/node_modules/'))
    .slice(0, 100);
}

/** Names in order; empty when it cannot be read. */
export function listFolder(dir: string): readonly string[] {
  try {
    return readdirSync(dir).toSorted();
  } catch {
    return [];
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
