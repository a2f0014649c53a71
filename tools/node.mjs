// Finds a Node that is new enough: the running one, or the one that the dev dependency brought.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const wanted = 24;

/** Path of a Node >= 24, or null. Plain JavaScript for Node 20: this runs before any set-up. */
export function lookForNode() {
  if (Number(process.versions.node.split('.')[0]) >= wanted) return process.execPath;
  const own = join(root, 'node_modules', 'node', 'bin', 'node');
  return existsSync(own) ? own : null;
}

export function findNode() {
  const node = lookForNode();
  if (node !== null) return node;
  console.error(
    `error[E-NODE]: Fettle needs Node >= ${wanted}, this is ${process.version}\n  fix   npm run setup      brings one into node_modules`,
  );
  process.exit(2);
}
