/**
 * Which files belong to a service: those that its config declares, and those inside its working
 * directory that its command line or environment names. Bounded: a command may name a thousand.
 */
import { statSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { isSecretName } from '@fettle/core/loop/collect/redact';
import type { Service } from '@fettle/core/stack/service';

export type NamedFile = Readonly<{
  /** Absolute. */
  path: string;
  kind: 'config' | 'secret' | 'file';
}>;

export const maxFiles = 50;
export const maxFileBytes = 1_048_576;
/** What a service writes by itself is data, not configuration. */
const data = /\.(?:db|sqlite3?|log|pid|sock|lock|tmp|wal|shm|ndjson|csv|parquet|rdb|aof)$/i;
/** An address is no path, and may hold a password. */
const login = /:\/\/|:[^/]*@/;
const pathWord = /^[\w@%+=:,./~-]{1,500}$/;

/** Declared files may be missing; named ones are there. Each once, declared ones first. */
export function filesOf(service: Service): readonly NamedFile[] {
  const found = new Map<string, NamedFile>();
  const add = (path: string, kind: NamedFile['kind']): void => {
    if (found.size < maxFiles && !found.has(path)) found.set(path, { path, kind });
  };
  for (const { path, secret } of service.configs ?? []) add(path, secret ? 'secret' : 'config');
  for (const path of service.envFiles ?? []) add(path, 'secret');
  for (const { from } of service.templates) add(from, 'config');
  const written = new Set(service.templates.map(({ to }) => to));
  for (const path of namedPaths(service))
    if (!written.has(path) && isSmallFile(path)) add(path, isKey(path) ? 'secret' : 'file');
  return [...found.values()];
}

/** Paths in arguments and variables that lie inside the working directory, existing or not. */
export function namedPaths({ command, environment, workingDir }: Service): readonly string[] {
  const words = [...command.flatMap(wordsOf), ...Object.entries(environment).flatMap(valueOf)];
  const paths = words.flatMap((word) => {
    const value = word.replace(/^--?[\w-]+=/, '').replace(/^file:(?:\/\/)?/, '');
    if (login.test(value) || !pathWord.test(value)) return [];
    if (!/[./]/.test(value) || data.test(value)) return [];
    const path = resolve(workingDir, value);
    const inside = relative(workingDir, path);
    return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? [] : [path];
  });
  return [...new Set(paths)].slice(0, maxFiles * 2);
}

/** Under a secret name a value is a path only where it looks like nothing else. */
function valueOf([name, value]: readonly [string, string]): readonly string[] {
  return isSecretName(name) && !/^(?:\.{0,2}|~)\//.test(value) ? [] : [value];
}

/** The text of `sh -c` holds words, too. */
function wordsOf(argument: string): readonly string[] {
  return argument.includes(' ') ? argument.split(/[\s;&|<>()"']+/).slice(0, 100) : [argument];
}

function isSmallFile(path: string): boolean {
  const facts = statSync(path, { throwIfNoEntry: false });
  return facts !== undefined && facts.isFile() && facts.size <= maxFileBytes;
}

/** A private key is a secret wherever it is named. */
function isKey(path: string): boolean {
  return /\.key$|(?:^|\/)(?:id_[a-z0-9]+|\.env[\w.]*|credentials)$|secret/i.test(path);
}
