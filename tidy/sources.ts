/** Our own sources, read once: what the tidy rules look at. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

export type Source = Readonly<{
  /** Relative to the root, with `/`. */
  path: string;
  text: string;
  lines: readonly string[];
  isTest: boolean;
}>;

const rooms = ['packages', 'simulation', 'e2e', 'bench', 'tidy', 'tools', 'examples'];
const skipped = /(^|\/)(node_modules|dist|bundle|data|\.fettle|results|public)(\/|$)/;
const endings = /\.(ts|tsx|mjs|js)$/;

function read(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const isTest = /\.(test|contract)\.tsx?$/.test(path) || path.startsWith('e2e/');
  return { path, text, lines: text.split('\n'), isTest };
}

/** Every source file of ours, tests included, in order of path. */
export function sources(): readonly Source[] {
  return rooms
    .flatMap((room) => readdirSync(join(root, room), { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile() && endings.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !skipped.test(path))
    .toSorted()
    .map(read);
}
