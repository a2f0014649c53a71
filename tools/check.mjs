#!/usr/bin/env node
// Static checks: types, lint, format, dead code. Each prints one line; exit 1 when one fails.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode, root } from './node.mjs';

const checks = [
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.check.json'] },
  {
    name: 'types of the dashboard',
    args: ['node_modules/typescript/bin/tsc', '-p', 'packages/dashboard/tsconfig.json', '--noEmit'],
    when: 'packages/dashboard/tsconfig.json',
  },
  { name: 'lint', args: ['node_modules/oxlint/bin/oxlint', '--deny-warnings'] },
  { name: 'format', args: ['node_modules/oxfmt/bin/oxfmt', '--check', '.'] },
  { name: 'dead code', args: ['node_modules/knip/bin/knip.js', '--no-progress'] },
];

/** Runs all checks and says how many passed and which failed. */
export function check() {
  const failed = [];
  for (const { name, args, when } of checks) {
    if (when !== undefined && !existsSync(join(root, when))) continue;
    const { status, stdout, stderr } = spawnSync(findNode(), args, { cwd: root, encoding: 'utf8' });
    console.log(`${status === 0 ? '✓' : '✕'} ${name}`);
    if (status === 0) continue;
    failed.push(name);
    console.log(`${stdout}${stderr}`.trimEnd());
  }
  return { passed: checks.length - failed.length, failed };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exit(check().failed.length === 0 ? 0 : 1);
