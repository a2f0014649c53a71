#!/usr/bin/env node
// `npm start`: sets up, then runs the example stack in place, attached to this terminal.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './node.mjs';
import { setUp } from './setup.mjs';

setUp();
console.error(`
Three things to try from another terminal:
  ./fettle -C examples/shop status                    what runs, and why anything is not ok
  kill -9 $(./fettle -C examples/shop status web -o pid)
                                                      kill a service, watch it come back
  ./fettle -C examples/shop why web                   what happened, with the evidence
`);
const child = spawn(join(root, 'fettle'), ['-C', 'examples/shop', 'up', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
// The terminal sends Ctrl-C to both; only the child decides what it means.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => (signal === 'SIGINT' ? undefined : child.kill(signal)));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
