#!/usr/bin/env node
// Builds JavaScript from TypeScript, and the dashboard, when a source changed since the last time.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode, root } from './node.mjs';

/** Name, size and time of every source below `folder`: cheap, and it changes when they do. */
function fingerprint(folder) {
  const lines = [];
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (!entry.isFile() || /\/(node_modules|dist)\//.test(path)) continue;
    const { size, mtimeMs } = statSync(path);
    lines.push(`${path} ${size} ${mtimeMs}`);
  }
  return lines.toSorted().join('\n');
}

function step(name, folders, output, args) {
  const stampFile = join(root, 'node_modules', `.fettle-build-${name}`);
  const configs = args.filter((one) => one.endsWith('.config.ts'));
  const stamp = [
    ...folders.map((folder) => fingerprint(join(root, folder))),
    ...configs.map((file) => readFileSync(join(root, file), 'utf8')),
  ].join('\n');
  const fresh = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
  if (fresh && existsSync(join(root, output))) return;
  const { status } = spawnSync(findNode(), args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    console.error(`error[E-SETUP]: building ${name} failed\n  fix   read the lines above`);
    process.exit(1);
  }
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}

export function build() {
  const before = ['sdk', 'core', 'proc', 'config', 'containers'];
  const packages = [...before, 'supervisor', 'controller', 'cli'];
  const sources = packages.map((name) => `packages/${name}/src`);
  step('packages', sources, 'packages/cli/dist', ['node_modules/typescript/bin/tsc', '-b']);
  // One file: each module that the supervisor loads costs it memory for its whole life.
  const bundle = ['node_modules/vite/bin/vite.js', 'build', '--config'];
  const bundled = ['sdk', 'core', 'proc', 'supervisor'].map((name) => `packages/${name}/src`);
  step('supervisor', bundled, 'packages/supervisor/dist/bundle/supervisor.js', [
    ...bundle,
    'packages/supervisor/vite.config.ts',
  ]);
  const called = ['sdk', 'core', 'proc', 'config', 'cli'].map((name) => `packages/${name}/src`);
  step('cli', called, 'packages/cli/bundle/run-cli.js', [...bundle, 'packages/cli/vite.config.ts']);
  if (existsSync(join(root, 'packages/dashboard/vite.config.ts'))) {
    const vite = [
      'node_modules/vite/bin/vite.js',
      'build',
      'packages/dashboard',
      '--logLevel',
      'warn',
    ];
    step(
      'dashboard',
      ['packages/dashboard/src', 'packages/sdk/src'],
      'packages/dashboard/dist',
      vite,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build();
