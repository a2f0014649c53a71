/**
 * Starts the supervisor from its one-file bundle where that is up to date, else from its modules:
 * each module loaded costs memory for as long as the daemon lives.
 */
import { readFileSync, statSync } from 'node:fs';

const folder = new URL('.', import.meta.url);
const bundle = new URL('bundle/supervisor.js', folder);
/** The compiler touches these whenever it writes anything of the package. */
const builds = ['sdk', 'core', 'proc', 'supervisor'].map(
  (name) => new URL(`../../${name}/dist/.tsbuildinfo`, folder),
);

function modifiedMs(file: URL): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isFresh(): boolean {
  const bundledMs = modifiedMs(bundle);
  return bundledMs > 0 && builds.every((file) => modifiedMs(file) <= bundledMs);
}

const text = readFileSync(new URL('../package.json', folder), 'utf8');
const { version } = JSON.parse(text) as { version: string };
const loaded = isFresh()
  ? ((await import(bundle.href)) as unknown)
  : await import('./supervisor.ts');
(loaded as typeof import('./supervisor.ts')).main(version);
