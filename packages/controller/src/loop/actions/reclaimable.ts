/**
 * Which files the config lets us delete: those that a `cleanup:` glob of a service names, below
 * that service's working folder (or the stack's), and nothing that is reached through a link.
 *
 * A glob is walked folder by folder, so that no link is ever entered; `*`, `?` and `[…]` stand for
 * one name, `**` for any number of folders. What is open in a process frees nothing and is left.
 */
import { lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import { join, relative } from 'node:path';
import type { Service } from '@fettle/core/stack/service';
import type { ActionWorld } from './action-world.ts';

export type Reclaimable = Readonly<{ path: string; bytes: number; modifiedMs: number }>;

/** Files looked at for one glob; more are left for the next time. */
const maxSeen = 50_000;
const maxDepth = 12;
/** A file that was just written may still be in use. */
const settledMs = 60_000;

/** Of the device `dev`, oldest first, each once. */
export function reclaimableFiles(
  services: readonly Service[],
  dev: number,
  world: ActionWorld,
): readonly Reclaimable[] {
  const found = new Map<string, Reclaimable>();
  const newestMs = Date.now() - settledMs;
  for (const service of services)
    for (const glob of service.cleanup ?? [])
      for (const { path, stat } of matches(glob, service, world)) {
        if (stat.dev !== dev || stat.mtimeMs > newestMs || stat.nlink > 1) continue;
        found.set(path, { path, bytes: stat.blocks * 512, modifiedMs: stat.mtimeMs });
      }
  return [...found.values()].toSorted((a, b) => a.modifiedMs - b.modifiedMs);
}

/** Asked again just before the deletion: the world may have changed since the list was made. */
export function mayDelete(path: string, services: readonly Service[], world: ActionWorld): boolean {
  return services.some((service) =>
    (service.cleanup ?? []).some((glob) => {
      const root = rootOf(glob, service, world);
      if (root === null) return false;
      const inside = relative(root.folder, path);
      if (inside === '' || inside.startsWith('..') || inside.startsWith('/')) return false;
      return fits(inside.split('/'), root.parts) && isPlainWay(root.folder, inside);
    }),
  );
}

type Match = Readonly<{ path: string; stat: Stats }>;
type Root = Readonly<{ folder: string; parts: readonly string[] }>;

/**
 * The folder before the first wildcard. null: not below a folder of the user's, `..` in it, our own
 * state, or a link on the way there.
 */
function rootOf(glob: string, service: Service, world: ActionWorld): Root | null {
  const parts = glob.split('/').filter((part) => part !== '' && part !== '.');
  if (!glob.startsWith('/') || parts.includes('..')) return null;
  const wild = parts.findIndex((part) => /[*?[\]]/.test(part));
  const fixed = wild < 0 ? parts.length - 1 : wild;
  const folder = `/${parts.slice(0, fixed).join('/')}`;
  const home = [service.workingDir, world.paths.stackDir].find((one) => isBelow(folder, one));
  if (home === undefined || isBelow(folder, world.paths.stateDir)) return null;
  try {
    const real = join(realpathSync(home), relative(home, folder));
    if (realpathSync(folder) !== real) return null;
  } catch {
    return null;
  }
  return { folder, parts: parts.slice(fixed) };
}

function isBelow(path: string, folder: string): boolean {
  const inside = relative(folder, path);
  return inside === '' || (!inside.startsWith('..') && !inside.startsWith('/'));
}

function* matches(glob: string, service: Service, world: ActionWorld): Iterable<Match> {
  const root = rootOf(glob, service, world);
  if (root === null) return;
  let seen = 0;
  const open: string[] = [''];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const entry of entriesOf(join(root.folder, folder))) {
      seen += 1;
      if (seen > maxSeen) return;
      const inside = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const names = inside.split('/');
      const path = join(root.folder, inside);
      if (entry.isDirectory()) {
        const isOwn = path === world.paths.stateDir;
        if (!isOwn && names.length < maxDepth && mayHold(names, root.parts)) open.push(inside);
      } else if (entry.isFile() && fits(names, root.parts)) {
        const stat = lstatSync(path, { throwIfNoEntry: false });
        if (stat?.isFile() === true) yield { path, stat };
      }
    }
  }
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** May a file below this folder fit? */
function mayHold(names: readonly string[], parts: readonly string[]): boolean {
  for (const [at, name] of names.entries()) {
    const part = parts[at];
    if (part === '**') return true;
    if (part === undefined || at >= parts.length - 1 || !fitsName(name, part)) return false;
  }
  return true;
}

function fits(names: readonly string[], parts: readonly string[]): boolean {
  const [part, ...restParts] = parts;
  const [name, ...restNames] = names;
  if (part === undefined) return name === undefined;
  if (part === '**')
    return (
      (restParts.length === 0 && name !== undefined) ||
      fits(names, restParts) ||
      (name !== undefined && fits(restNames, parts))
    );
  return name !== undefined && fitsName(name, part) && fits(restNames, restParts);
}

/** A leading dot is matched by a dot only, as in any shell. */
function fitsName(name: string, part: string): boolean {
  if (name.startsWith('.') && !part.startsWith('.')) return false;
  const text = part.replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`);
  const pattern = text.replaceAll(/\*+/g, '[^/]*').replaceAll('?', '[^/]').replaceAll('[!', '[^');
  try {
    return new RegExp(`^${pattern}$`).test(name);
  } catch {
    return false;
  }
}

/** No folder on the way is a link, and the file itself is a plain one. */
function isPlainWay(folder: string, inside: string): boolean {
  let path = folder;
  const names = inside.split('/');
  return names.every((name, at) => {
    path = join(path, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return at === names.length - 1 ? stat?.isFile() === true : stat?.isDirectory() === true;
  });
}
