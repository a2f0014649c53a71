/**
 * Starts the supervisor from its one-file bundle where that is up to date, else from its modules:
 * each module loaded costs memory for as long as the daemon lives.
 */
import { readFileSync } from 'node:fs';
import { isFreshBundle } from '@fettle/sdk/fresh-bundle';

const folder = new URL('.', import.meta.url);
const bundle = new URL('bundle/supervisor.js', folder);
const bundled = ['sdk', 'core', 'proc', 'supervisor'];
const text = readFileSync(new URL('../package.json', folder), 'utf8');
const { version } = JSON.parse(text) as { version: string };
const loaded = isFreshBundle(bundle, new URL('../../', folder), bundled)
  ? ((await import(bundle.href)) as unknown)
  : await import('./supervisor.ts');
(loaded as typeof import('./supervisor.ts')).main(version);
