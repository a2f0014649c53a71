#!/usr/bin/env node
/** Entry point of `fettle`: one call, then its exit code. */
import { enableCompileCache } from 'node:module';
import { isFreshBundle } from '@fettle/sdk/fresh-bundle';

// Compiled code is kept between calls: a command line tool starts more often than it works.
enableCompileCache();
const folder = new URL('.', import.meta.url);
const bundle = new URL('../bundle/', folder);
const bundled = ['sdk', 'core', 'proc', 'config', 'cli'];
// A few files are found, read and linked instead of two hundred.
const isFresh = isFreshBundle(new URL('run-cli.js', bundle), new URL('../../', folder), bundled);
const { runCli } = isFresh
  ? ((await import(new URL('run-cli.js', bundle).href)) as typeof import('./run-cli.ts'))
  : await import('./run-cli.ts');
const { listenForInterrupts } = isFresh
  ? ((await import(new URL('interrupts.js', bundle).href)) as typeof import('./interrupts.ts'))
  : await import('./interrupts.ts');

// A reader that has seen enough (`| head`) ends us quietly.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
  });

const { stdout, stderr, env } = process;
const code = await runCli(process.argv.slice(2), {
  stdout,
  stderr,
  env,
  interrupts: listenForInterrupts(),
});
for (const stream of [stdout, stderr]) {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.write('', () => resolve());
  await promise;
}
process.exit(code);
