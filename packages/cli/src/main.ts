#!/usr/bin/env node
/** Entry point of `fettle`: one call, then its exit code. */
import { enableCompileCache } from 'node:module';

// Compiled code is kept between calls: a command line tool starts more often than it works.
enableCompileCache();
const { runCli } = await import('./run-cli.ts');
const { listenForInterrupts } = await import('./interrupts.ts');

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
