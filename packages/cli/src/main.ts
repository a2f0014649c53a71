#!/usr/bin/env node
/** Entry point of `fettle`: reads the words, runs one command, ends with its exit code. */
import { enableCompileCache } from 'node:module';

// Compiled code is kept between calls: a command line tool starts more often than it works.
enableCompileCache();
const { runCli } = await import('./run-cli.ts');
await runCli(process.argv.slice(2));
