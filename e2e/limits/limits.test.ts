import { afterEach, expect, test } from 'vitest';
import { openLimited, type LimitedStack } from './limited-stack.ts';

let stack: LimitedStack | null = null;
afterEach(async () => {
  delete process.env['FETTLE_CGROUPS'];
  await stack?.close();
});

test('limits are kept by whoever holds them here, and status says who', async () => {
  stack = await openLimited();
  const seen = await stack.look();
  expect(seen.filter(({ kept }) => !kept)).toEqual([]);
  for (const { by, note } of seen) expect(by === 'watched').toBe(note !== null);
  expect(seen.at(-1)?.by).toBe('rlimit');
  expect(await stack.wide()).toMatch(/files 77 rlimit/);
});

test('without control groups they are watched, the start goes on, and up says it once', async () => {
  process.env['FETTLE_CGROUPS'] = 'off';
  stack = await openLimited();
  const note = 'are watched, not held: switched off by FETTLE_CGROUPS';
  expect(stack.upText.split(note)).toHaveLength(2);
  const seen = await stack.look();
  expect(seen.map(({ by }) => by)).toEqual(['watched', 'watched', 'watched', 'rlimit']);
  expect(seen.filter(({ kept }) => !kept)).toEqual([]);
});
