#!/usr/bin/env node
// `npm test`: sets up, then static checks, unit tests with coverage, simulation, end to end.
// The last line is `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './check.mjs';
import { installComponents } from './components.mjs';
import { findNode, root } from './node.mjs';
import { setUp } from './setup.mjs';

/** Lines of `packages/*\/src` that tests must run, in percent. */
const wantedCoverage = 85;

const folder = mkdtempSync(join(tmpdir(), 'fettle-test-'));
let passed = 0;
let failed = 0;
const skipped = [];

function vitest(name, args) {
  const output = join(folder, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
  const command = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    name,
    ...reporters,
    ...args,
  ];
  console.log(`\n# ${name} tests`);
  const { status } = spawnSync(findNode(), command, { cwd: root, stdio: 'inherit' });
  if (!existsSync(output)) {
    console.log(`✕ ${name} tests did not finish (exit ${status})`);
    failed += 1;
    return;
  }
  const result = JSON.parse(readFileSync(output, 'utf8'));
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  // A file that cannot be loaded fails without a failing test of its own.
  const broken = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  failed += broken.length;
  if (status !== 0 && result.numFailedTests + broken.length === 0) failed += 1;
  for (const file of result.testResults)
    for (const one of file.assertionResults)
      if (one.status === 'pending' || one.status === 'skipped') skipped.push(one.fullName);
}

function coverage() {
  const file = join(root, 'coverage', 'coverage-summary.json');
  const ratio = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).total.lines.pct : 0;
  const enough = ratio >= wantedCoverage;
  console.log(`${enough ? '✓' : '✕'} line coverage ${ratio} % (wanted ${wantedCoverage} %)`);
  if (enough) passed += 1;
  else failed += 1;
}

setUp();
const missing = installComponents();
for (const name of missing) console.log(`skipped: suites that need ${name} (not installed)`);
console.log('\n# static checks');
const result = check();
passed += result.passed;
failed += result.failed.length;
vitest('unit', [
  '--coverage',
  '--coverage.reporter=json-summary',
  '--coverage.reporter=text-summary',
]);
coverage();
vitest('e2e', []);
rmSync(folder, { recursive: true, force: true });
for (const name of skipped) console.log(`skipped: ${name}`);
// A skip hides a missing component; on CI there is no excuse for one.
if (process.env.CI === 'true') failed += missing.length;
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
