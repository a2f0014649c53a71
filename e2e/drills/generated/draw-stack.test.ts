/** A drawn stack: the same for the same seed, another for another, complete, and a valid config. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadStack } from '@fettle/config/load-stack';
import { rollDice } from '../dice.ts';
import { drawStack } from './draw-stack.ts';
import { layOut } from './lay-out.ts';
import { parts } from './program-plan.ts';
import type { Ground } from './sketch.ts';

const ground: Ground = {
  dir: '/stack',
  controls: '/controls',
  firstPort: 21_000,
  linkPort: 20_001,
  partnerPort: 20_002,
  has: { python: true, redis: true, curl: true },
};
const seeds = Array.from({ length: 40 }, (_none, index) => `seed-${index}`);
const drawn = seeds.map((seed) => drawStack(rollDice(seed), ground));

test('the same seed draws the same stack', () => {
  for (const [index, plan] of drawn.entries())
    expect(drawStack(rollDice(seeds[index] ?? ''), ground)).toEqual(plan);
});

test('each has every part, names of its own, and ports that nobody else has', () => {
  for (const { programs } of drawn) {
    const names = programs.map(({ service }) => service);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(programs.map(({ part }) => part))).toEqual(new Set(parts));
    const ranges = programs.flatMap(({ definition: { port } }) =>
      typeof port === 'string' ? [port.split('-').map(Number)] : [],
    ) as [number, number][];
    const sorted = ranges.toSorted((a, b) => a[0] - b[0]);
    for (const [index, [from]] of sorted.entries())
      expect(from).toBeGreaterThan(sorted[index - 1]?.[1] ?? 0);
  }
});

test('names, formats and wording vary over the seeds', () => {
  const all = drawn.flatMap(({ programs }) => programs);
  const distinct = (of: (one: (typeof all)[number]) => unknown): number =>
    new Set(all.map(of)).size;
  expect(distinct(({ service }) => service)).toBeGreaterThan(150);
  expect(distinct(({ settings }) => settings.style)).toBe(6);
  expect(distinct(({ settings }) => settings.access)).toBe(8);
  expect(distinct(({ language }) => language)).toBe(4);
  expect(distinct(({ settings }) => settings.voice['db-failed'])).toBeGreaterThan(3);
});

test('a written one is a config that Fettle reads', () => {
  const base = mkdtempSync(join(tmpdir(), 'fettle-draw-'));
  try {
    const dir = join(base, 'stack');
    const plan = drawStack(rollDice('written'), { ...ground, dir, controls: join(base, 'c') });
    layOut(plan, () => 'secret');
    const { stack } = loadStack({ dir, env: {} });
    // The programs, and the outside partner.
    expect(stack.services.length).toBe(plan.programs.length + 1);
    expect(JSON.stringify(stack.services)).not.toContain(join(base, 'c'));
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});
