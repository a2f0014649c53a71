/**
 * Copies a built Fettle to a folder of its own: what runs, the packages that it needs, and the Node
 * that runs it. The copy gets its name last, so that half a copy is never taken for a whole one.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { FettleError } from '@fettle/sdk/fettle-error';
import { homeError, readRecord, recordName, versionDir } from './version-home.ts';
import type { CopyRecord, VersionHome } from './version-home.ts';

export type Copied = Readonly<{ record: CopyRecord; dir: string; isNew: boolean }>;

/** Below a program's root; what is not there is left out. */
const parts = ['fettle', 'package.json', 'LICENSE', 'docs'];
const partsOfPackage = ['package.json', 'dist', 'bundle', 'runbooks'];
/** Of use to people at work on Fettle only. */
const needless = /\.(?:d\.ts|d\.ts\.map|js\.map)$|\.(?:test|kit|contract)\.js$|\/docs\/decisions$/;

type Manifest = Readonly<{
  version?: string;
  dependencies?: Readonly<Record<string, string>>;
  optionalDependencies?: Readonly<Record<string, string>>;
}>;

/** @throws FettleError E-UPGRADE-SOURCE, E-UPGRADE-HOME. */
export function copyProgram(home: VersionHome, root: string, atMs: number): Copied {
  const version = requireProgram(root);
  const id = `${version}-${fingerprint(root)}`;
  const dir = versionDir(home, id);
  const there = readRecord(dir);
  if (there !== null) return { record: there, dir, isNew: false };
  const record = { id, version, from: root, at: new Date(atMs).toISOString() };
  const temporary = join(home.versions, `.${id}-${process.pid}`);
  try {
    mkdirSync(temporary, { recursive: true });
    copyParts(root, temporary);
    copyModules(root, temporary);
    copyNode(temporary);
    writeFileSync(join(temporary, recordName), `${JSON.stringify(record, null, 2)}\n`);
    rmSync(dir, { recursive: true, force: true });
    renameSync(temporary, dir);
  } catch (cause) {
    rmSync(temporary, { recursive: true, force: true });
    throw cause instanceof FettleError ? cause : homeError(home, cause);
  }
  return { record, dir, isNew: true };
}

/** @returns its version. @throws FettleError E-UPGRADE-SOURCE. */
export function requireProgram(root: string): string {
  const mains = (['supervisor', 'controller', 'cli'] as const).map(mainOf);
  const wanted = ['fettle', ...mains];
  const missing = wanted.find((path) => !existsSync(join(root, path)));
  const version = readManifest(join(root, 'packages/cli')).version;
  if (missing === undefined && version !== undefined) return version;
  throw new FettleError('E-UPGRADE-SOURCE', `${root} holds no built Fettle: no ${missing ?? ''}`, {
    hint: 'npm run setup      in that folder',
    exitCode: 2,
  });
}

function mainOf(name: 'supervisor' | 'controller' | 'cli'): string {
  return join('packages', name, 'dist', 'main.js');
}

/** Two builds of one version are two versions: eight digits over all that is copied of ours. */
function fingerprint(root: string): string {
  const hash = createHash('sha256');
  for (const file of ownFiles(root)) hash.update(relative(root, file)).update(readFileSync(file));
  return hash.digest('hex').slice(0, 8);
}

/** All there are: one that was forgotten would be missed by a daemon at night. */
function packagesOf(root: string): readonly string[] {
  const names = readdirSync(join(root, 'packages')).toSorted();
  return names.filter((name) => existsSync(join(root, 'packages', name, 'package.json')));
}

function ownFiles(root: string): readonly string[] {
  const folders = packagesOf(root).flatMap((name) =>
    partsOfPackage.map((part) => join(root, 'packages', name, part)),
  );
  const files: string[] = [];
  const visit = (path: string): void => {
    if (needless.test(path) || path.endsWith('.tsbuildinfo')) return;
    const entries = listFolder(path);
    if (entries === null) files.push(path);
    else for (const entry of entries) visit(join(path, entry));
  };
  for (const path of [join(root, 'fettle'), ...folders]) if (existsSync(path)) visit(path);
  return files;
}

/** null: it is a file. */
function listFolder(path: string): readonly string[] | null {
  try {
    return readdirSync(path).toSorted();
  } catch {
    return null;
  }
}

/** Times are kept: by them a bundle is known to be as new as its modules. */
function copyParts(root: string, target: string): void {
  const packages = packagesOf(root);
  const all = [
    ...parts,
    ...packages.flatMap((name) => partsOfPackage.map((part) => join('packages', name, part))),
  ];
  for (const path of all) {
    if (!existsSync(join(root, path))) continue;
    cpSync(join(root, path), join(target, path), {
      recursive: true,
      preserveTimestamps: true,
      filter: (source) => !needless.test(source),
    });
  }
  mkdirSync(join(target, 'node_modules', '@fettle'), { recursive: true });
  for (const name of packages)
    symlinkSync(join('..', '..', 'packages', name), join(target, 'node_modules', '@fettle', name));
}

/** The packages that ours need at run time, with those that they need. */
function copyModules(root: string, target: string): void {
  const done = new Set<string>();
  const queue = packagesOf(root).map((name) => join(root, 'packages', name));
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    const { dependencies = {}, optionalDependencies = {} } = readManifest(folder);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const found = name.startsWith('@fettle/') ? null : resolveModule(root, folder, name);
      if (found === null || done.has(found)) continue;
      done.add(found);
      queue.push(found);
      cpSync(found, join(target, relative(root, found)), {
        recursive: true,
        dereference: true,
        filter: (source) => source === found || basename(source) !== 'node_modules',
      });
    }
  }
}

/** As Node looks for it, from `folder` upwards; null: it was optional and is not here. */
function resolveModule(root: string, folder: string, name: string): string | null {
  for (let at = folder; at.length >= root.length; at = dirname(at)) {
    const found = join(at, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
  }
  return null;
}

/** The Node that runs us, where the `fettle` script looks first. A link costs nothing. */
function copyNode(target: string): void {
  const folder = join(target, 'node_modules', 'node', 'bin');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'node');
  try {
    linkSync(process.execPath, file);
  } catch {
    // Another disk, or somebody else's file.
    copyFileSync(process.execPath, file);
    chmodSync(file, 0o755);
  }
}

function readManifest(folder: string): Manifest {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return {};
  }
}
