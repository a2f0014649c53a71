/** Kills between the steps of a runbook; the whole twenty: `node tools/run.mjs e2e/drills/durable.ts`. */
import { expect, test } from 'vitest';
import { killBetweenSteps } from './durable.ts';

test('four kills: at most one effect per key, nothing half done', async () => {
  const rounds = await killBetweenSteps(4, 'npm test');
  expect(rounds.length).toBe(4);
  expect(rounds.flatMap(({ violations }) => violations)).toEqual([]);
});
