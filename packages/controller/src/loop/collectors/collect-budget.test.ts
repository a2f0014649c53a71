/** Past the limit collection is shed, a level a window, and comes back when it is cheap again. */
import { expect, test } from 'vitest';
import { until } from '../../controller.kit.ts';
import { threadCpuMs } from '../../cpu-time.ts';
import { openBudget, type Shed } from './collect-budget.ts';

function burn(forMs: number): void {
  const endMs = threadCpuMs() + forMs;
  while (threadCpuMs() < endMs);
}

test('what costs too much is shed and said, and restored when it does not', async () => {
  const said: Shed[] = [];
  const budget = openBudget({ limit: 0.01, windowMs: 50, onShed: (shed) => said.push(shed) });
  try {
    expect(budget.spend('cheap', () => 7)).toBe(7);
    budget.spend('outer', () => {
      budget.spend('inner', () => burn(20));
    });
    await until(() => said.length > 0);
    expect(said[0]).toMatchObject({ level: 1, limit: 0.01, dearest: 'outer' });
    expect(said[0]?.share).toBeGreaterThan(0.01);
    await until(() => said.length > 1);
    expect(said[1]?.level).toBe(0);
    expect(budget.level()).toBe(0);
  } finally {
    budget.stop();
  }
});
