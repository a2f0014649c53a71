/**
 * Finds which files make the stack: the first name of the list that is there, then what lies over
 * it (`fettle.<env>.yaml`, `fettle.local.yaml`, Compose's override files).
 */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const fettleNames = ['fettle.yaml', 'fettle.yml', 'fettle.json'];
const composeNames = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];
export const configNames: readonly string[] = [...fettleNames, ...composeNames];

/** Our config word for a stack in one environment, after `FETTLE_ENV`. */
export const environmentPattern = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

export type FoundFiles = Readonly<{
  /** Absolute, in order of merging; empty: none was found. */
  files: readonly string[];
  /** Found beside the first, and not read. */
  passedOver: readonly string[];
  /** Was `fettle.<env>.yaml` there? null: no environment was asked for. */
  environmentFound: boolean | null;
}>;

/** `environment`: FETTLE_ENV, already checked; null: none. */
export function findFiles(dir: string, environment: string | null): FoundFiles {
  const present = new Set(listFolder(dir));
  const names = configNames.filter((name) => present.has(name));
  const [main, ...passedOver] = names;
  if (main === undefined) return { files: [], passedOver: [], environmentFound: null };
  const over = main.startsWith('fettle')
    ? [
        environment === null ? null : firstOf(present, `fettle.${environment}`),
        firstOf(present, 'fettle.local'),
      ]
    : [firstOf(present, main.replace(/\.ya?ml$/, '.override'))];
  const files = [main, ...over.filter((name) => name !== null)].map((name) => resolve(dir, name));
  const environmentFound =
    environment === null ? null : main.startsWith('fettle') && over[0] !== null;
  return { files, passedOver, environmentFound };
}

function firstOf(present: ReadonlySet<string>, stem: string): string | null {
  return (
    ['.yaml', '.yml', '.json'].map((end) => stem + end).find((name) => present.has(name)) ?? null
  );
}

function listFolder(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/** The folder of `from` or the nearest one above it that holds a config; null: none does. */
export function findStackDir(from: string): string | null {
  for (let dir = resolve(from); ; dir = dirname(dir)) {
    if (configNames.some((name) => existsSync(join(dir, name)))) return dir;
    if (dir === dirname(dir)) return null;
  }
}
