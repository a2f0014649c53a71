import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { simulate } from './simulate.ts';

type KeptSeed = Readonly<{ seed: number; hours: number; rule: string }>;

test('the same seed gives the same digest, another seed another one', () => {
  const first = simulate({ seed: 42, hours: 4 });
  expect(simulate({ seed: 42, hours: 4 })).toEqual(first);
  expect(simulate({ seed: 43, hours: 4 }).digest).not.toBe(first.digest);
});

test('twelve stacks live four hours of trouble without a violation', () => {
  for (let seed = 1_001; seed <= 1_012; seed += 1) {
    const { violations, daemons } = simulate({ seed, hours: 4 });
    expect({ seed, violations }).toEqual({ seed, violations: [] });
    expect(daemons).toBeGreaterThan(10);
  }
});

const kept = JSON.parse(
  readFileSync(new URL('../seeds.json', import.meta.url), 'utf8'),
) as readonly KeptSeed[];

test.each(kept)('seed $seed, which once broke $rule, holds', ({ seed, hours }) => {
  expect(simulate({ seed, hours }).violations).toEqual([]);
});
