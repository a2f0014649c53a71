#!/usr/bin/env node
// Set-up from a fresh clone: dependencies, the right Node, built JavaScript. Idempotent, and quick
// when nothing changed. Plain JavaScript for Node 20, because it runs before anything is there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { findNode, lookForNode, root } from './node.mjs';

const stampFile = join(root, 'node_modules', '.fettle-setup');

function wantedStamp() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return createHash('sha256')
    .update(lock)
    .update(process.platform + process.arch)
    .digest('hex');
}

function installed() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wantedStamp();
}

function run(command, args, what) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  console.error(`error[E-SETUP]: ${what} failed (${error?.message ?? `exit ${status}`})`);
  console.error(`  fix   read the lines above, then: npm run setup`);
  process.exit(1);
}

function installPackages() {
  console.error('setup: installing packages (once, about 20 s) …');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm !== undefined && npm.endsWith('.js')) run(process.execPath, [npm, ...args], 'npm ci');
  else run('npm', args, 'npm ci');
  // Where install scripts are switched off the runtime has not been fetched yet.
  if (lookForNode() === null)
    run(process.execPath, ['node_modules/node/installArchSpecificPackage'], 'fetching Node 24');
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(stampFile, wantedStamp());
}

/** Installs and builds what is missing or stale. */
export function setUp() {
  if (!installed()) installPackages();
  findNode();
  build();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp();
