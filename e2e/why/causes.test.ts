/** Real programs die; "why" says of each the sentence that fits. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dieDirectly } from './direct.ts';
import { allPrograms } from './programs/all.ts';
import { cannotRun, startWorld, type World } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'fettle-why-'));
let world: World;
beforeAll(async () => {
  world = await startWorld(folder);
});
afterAll(async () => {
  await world.stop();
  rmSync(folder, { recursive: true, force: true });
});

test.each(allPrograms)('$name dies of $cause', async (program) => {
  if (cannotRun(program, world) !== null) return;
  const { why } = await dieDirectly(program, world, folder);
  expect(why?.cause).toBe(program.cause);
  expect(why?.sentence).toMatch(program.sentence);
});

test('at least 30 of them run on this machine, of at least 25 causes', () => {
  const runnable = allPrograms.filter((program) => cannotRun(program, world) === null);
  expect(runnable.length).toBeGreaterThanOrEqual(30);
  expect(new Set(runnable.map(({ cause }) => cause)).size).toBeGreaterThanOrEqual(25);
});
