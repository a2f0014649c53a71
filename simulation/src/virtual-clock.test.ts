import { expect, test } from 'vitest';
import { cancel, createClock, plan, runNext } from './virtual-clock.ts';
import { createDice } from './dice.ts';

test('happenings run in order of time, those of one instant in order of planning', () => {
  const clock = createClock();
  const dice = createDice('clock');
  const ran: number[] = [];
  for (let i = 0; i < 500; i += 1) {
    const delayMs = dice.int(0, 50);
    plan(clock, delayMs, () => ran.push(delayMs * 1_000 + i));
  }
  while (runNext(clock, Infinity) && ran.length < 500);
  expect(ran).toEqual(ran.toSorted((a, b) => a - b));
});

test('a cancelled happening does nothing, and time stops where it is told', () => {
  const clock = createClock();
  const from = clock.nowMs;
  const ran: string[] = [];
  cancel(plan(clock, 5, () => ran.push('never')));
  plan(clock, 20, () => ran.push('late'));
  while (runNext(clock, from + 10));
  expect(ran).toEqual([]);
  expect(clock.nowMs).toBe(from + 10);
});
