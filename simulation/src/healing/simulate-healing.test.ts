/** The healing loop through faults and deaths, and that its checkers see what is wrong. */
import { expect, test } from 'vitest';
import { shippedRunbooks } from './shipped-runbooks.ts';
import { simulateHealing } from './simulate-healing.ts';

const runbooks = shippedRunbooks();

test('the same seed gives the same digest, another seed another one', () => {
  const first = simulateHealing({ seed: 42, hours: 1, runbooks });
  expect(simulateHealing({ seed: 42, hours: 1, runbooks })).toEqual(first);
  expect(simulateHealing({ seed: 43, hours: 1, runbooks }).digest).not.toBe(first.digest);
});
test('four stacks are healed while their controller dies again and again', () => {
  for (let seed = 1; seed <= 4; seed += 1) {
    const { violations, deaths, fixed } = simulateHealing({ seed, hours: 1, runbooks });
    expect({ seed, violations }).toEqual({ seed, violations: [] });
    expect(deaths).toBeGreaterThan(25);
    expect(fixed).toBeGreaterThan(1);
  }
}, 60_000);
test('without runbooks the faults that need one stay, and a person is called', () => {
  const { fixed, escalated } = simulateHealing({ seed: 2, hours: 1, runbooks: [] });
  const healed = simulateHealing({ seed: 2, hours: 1, runbooks });
  expect(healed.fixed).toBeGreaterThan(fixed);
  expect(escalated).toBeGreaterThan(0);
}, 60_000);
