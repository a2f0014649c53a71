/**
 * Notices changed files below some paths: one kernel watch per folder, none per file, so that a
 * service with ten thousand sources costs a few hundred watches. A file counts as changed when its
 * size, time or inode did: reading or touching its mode is no change.
 *
 * Where no watch is to be had (limit reached, another file system) all is looked at every two
 * seconds; the same look finds a watched path that was not there.
 */
import { statSync, watch, type FSWatcher, type Stats } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { PathFilter } from '@fettle/core/watch/path-filter';

export type TreeWatchOptions = Readonly<{
  paths: readonly string[];
  counts: PathFilter;
  /** Absolute; the file may be gone. */
  onChange: (path: string) => void;
}>;
export type TreeWatchFacts = Readonly<{
  files: number;
  folders: number;
  /** Some of it is looked at instead of watched. */
  looking: boolean;
  /** Beyond the bounds some of it is not watched at all. */
  cut: boolean;
}>;
export type TreeWatch = Readonly<{ facts(): TreeWatchFacts; stop(): void }>;

const maxFolders = 4_000;
const maxFiles = 50_000;
const everyMs = 2_000;

type Tree = TreeWatchOptions & {
  readonly folders: Map<string, FSWatcher | null>;
  /** By path; files that were given themselves are watched by their folder. */
  readonly marks: Map<string, string>;
  cut: boolean;
  stopped: boolean;
  /** What is there at the beginning is no change. */
  settled: boolean;
};

export function watchTree(options: TreeWatchOptions): TreeWatch {
  const tree: Tree = {
    ...options,
    folders: new Map(),
    marks: new Map(),
    cut: false,
    stopped: false,
    settled: false,
  };
  const lookAtAll = async (): Promise<void> => {
    for (const path of options.paths) await lookAt(tree, path);
    tree.settled = true;
  };
  let timer: NodeJS.Timeout | null = null;
  const next = (): void => {
    if (tree.stopped) return;
    timer = setTimeout(() => {
      const must = isLooking(tree) || options.paths.some((path) => !isKnown(tree, path));
      void (must ? rescan(tree) : Promise.resolve()).finally(next);
    }, everyMs).unref();
  };
  void lookAtAll().finally(next);
  return {
    facts: () => ({
      files: tree.marks.size,
      folders: tree.folders.size,
      looking: isLooking(tree),
      cut: tree.cut,
    }),
    stop() {
      tree.stopped = true;
      if (timer !== null) clearTimeout(timer);
      for (const watcher of tree.folders.values()) watcher?.close();
      tree.folders.clear();
    },
  };
}

function isLooking({ folders }: Tree): boolean {
  return [...folders.values()].includes(null);
}

function isKnown({ folders, marks }: Tree, path: string): boolean {
  return folders.has(path) || marks.has(path);
}

async function rescan(tree: Tree): Promise<void> {
  for (const path of tree.marks.keys()) see(tree, path);
  for (const path of tree.paths) await lookAt(tree, path);
}

/** A path that was given: a folder with all below it, or a file, watched through its folder. */
async function lookAt(tree: Tree, path: string): Promise<void> {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined || tree.stopped) return;
  if (facts.isDirectory()) return enter(tree, path);
  open(tree, dirname(path));
  see(tree, path);
}

async function enter(tree: Tree, folder: string): Promise<void> {
  open(tree, folder);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (tree.stopped || !doesCount(tree, path)) continue;
    if (entry.isDirectory()) await enter(tree, path);
    else if (entry.isFile() || entry.isSymbolicLink()) see(tree, path);
  }
}

function open(tree: Tree, folder: string): void {
  if (tree.folders.has(folder)) return;
  if (tree.folders.size >= maxFolders) {
    tree.cut = true;
    return;
  }
  tree.folders.set(folder, watcherOf(tree, folder));
}

function watcherOf(tree: Tree, folder: string): FSWatcher | null {
  try {
    const watcher = watch(folder, { persistent: false }, (_, name) => {
      if (name !== null) heard(tree, join(folder, name));
    });
    watcher.on('error', () => drop(tree, folder));
    return watcher;
  } catch {
    return null;
  }
}

function drop(tree: Tree, folder: string): void {
  tree.folders.get(folder)?.close();
  tree.folders.delete(folder);
}

function heard(tree: Tree, path: string): void {
  if (tree.stopped || !doesCount(tree, path)) return;
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts?.isDirectory() === true) {
    // A folder that came back has another inode: its watch is on the old one.
    drop(tree, path);
    if (isBelow(tree, path)) void enter(tree, path);
    return;
  }
  if (facts === undefined && tree.folders.has(path)) forget(tree, path);
  else see(tree, path, facts);
}

/** A folder that went: all that was in it changed. */
function forget(tree: Tree, folder: string): void {
  for (const known of tree.folders.keys())
    if (known === folder || known.startsWith(`${folder}/`)) drop(tree, known);
  for (const path of tree.marks.keys()) if (path.startsWith(`${folder}/`)) see(tree, path);
}

function see(tree: Tree, path: string, given?: Stats): void {
  const facts = given ?? statSync(path, { throwIfNoEntry: false });
  const mark = facts?.isFile() === true ? markOf(facts) : null;
  const before = tree.marks.get(path) ?? null;
  if (mark === before) return;
  if (mark === null) tree.marks.delete(path);
  else if (before !== null || tree.marks.size < maxFiles) tree.marks.set(path, mark);
  else tree.cut = true;
  if (tree.settled && !tree.stopped) tree.onChange(path);
}

/** Of a watched file's folder only that file is meant. */
function doesCount(tree: Tree, path: string): boolean {
  for (const root of tree.paths) {
    if (path === root) return true;
    const way = relative(root, path);
    if (way === '' || way.startsWith('..')) continue;
    if (tree.folders.has(root)) return tree.counts(way);
  }
  return false;
}

function isBelow({ paths }: Tree, folder: string): boolean {
  return (
    paths.some((root) => folder === root || folder.startsWith(`${root}/`)) &&
    basename(folder) !== ''
  );
}

function markOf({ ino, size, mtimeMs }: Stats): string {
  return `${ino}:${size}:${mtimeMs}`;
}
