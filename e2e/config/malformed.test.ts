import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GENERATED, judge, malformedConfigs, refusedValidConfigs, writeCase } from './malformed.ts';

const cli = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));
const seed = 1;
let root = '';

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'fettle-malformed-'));
});
afterAll(() => rmSync(root, { recursive: true }));

test('the configs that are broken were right before', () => {
  expect(refusedValidConfigs(seed, 100)).toEqual([]);
});

test('every malformed config gives a clear error with its place', () => {
  const cases = malformedConfigs(seed);
  expect(cases.length).toBeGreaterThan(GENERATED);
  const unclear = cases.flatMap((one) => {
    const { faults, first } = judge(writeCase(root, one), one);
    return faults.length === 0 ? [] : [{ name: one.name, faults, first: first?.message }];
  });
  expect(unclear).toEqual([]);
});

test.skipIf(!existsSync(cli))('`up` ends with exit code 2 and starts nothing', () => {
  const cases = malformedConfigs(seed);
  const sample = cases.filter((_, index) => index % 25 === 0);
  expect(sample.length).toBeGreaterThan(10);
  for (const one of sample) {
    const dir = writeCase(root, one);
    const env = { PATH: process.env['PATH'], HOME: '/home/x', ...one.env };
    const args = [cli, '-C', dir, 'up', '-d'];
    const run = spawnSync(process.execPath, args, { env, encoding: 'utf8', timeout: 20_000 });
    expect({ name: one.name, status: run.status, code: run.stderr.includes(one.code) }).toEqual({
      name: one.name,
      status: 2,
      code: true,
    });
    expect(existsSync(join(dir, '.fettle', 'daemon.json')), one.name).toBe(false);
    expect(existsSync(join(dir, '.fettle', 'run.log')), one.name).toBe(false);
  }
});
