#!/usr/bin/env node
// Runs a TypeScript entry point, or vitest, under the Node that the project brings.
import { spawnSync } from 'node:child_process';
import { findNode, root } from './node.mjs';

const args = process.argv.slice(2);
const command =
  args[0] === '--vitest'
    ? ['node_modules/vitest/vitest.mjs', 'run', ...args.slice(1)]
    : ['--conditions=source', '--disable-warning=ExperimentalWarning', ...args];
const { status } = spawnSync(findNode(), command, { stdio: 'inherit', cwd: root });
process.exit(status ?? 1);
