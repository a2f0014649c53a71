/** Through the real CLI, supervisor and controller: who dies says why in `status --json`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkStack, checkTrio } from './stack-check.ts';
import { checkStates } from './states-check.ts';
import { startWorld, type World } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'fettle-why-'));
let world: World;
beforeAll(async () => {
  world = await startWorld(folder);
});
afterAll(async () => {
  await world.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the trio has its states and sentences within 5 s of up -d', async () => {
  const { verdicts, toldMs } = await checkTrio(join(folder, 'trio'), world);
  expect(verdicts.filter(({ fits }) => !fits)).toEqual([]);
  expect(toldMs).toBeLessThan(5_000);
});

test('services that live and are not well say why', async () => {
  const verdicts = await checkStates(join(folder, 'states'), world);
  expect(verdicts.filter(({ fits }) => !fits)).toEqual([]);
});

test('every dying program of one stack gets its sentence', async () => {
  const verdicts = await checkStack(join(folder, 'stack'), world);
  expect(verdicts.filter(({ fits }) => !fits)).toEqual([]);
  expect(verdicts.length).toBeGreaterThanOrEqual(28);
});
