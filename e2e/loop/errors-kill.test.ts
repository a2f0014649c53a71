/** Acknowledged means stored, once, while the controller is killed; `errors-kill.ts` is the long one. */
import { expect, test } from 'vitest';
import { errorsAcrossKills } from './errors-across-kills.ts';

test('every acknowledged error of 4,000 is stored once across 2 kills', async () => {
  const report = await errorsAcrossKills({ errors: 4_000, kills: 2, seed: 'errors' });
  expect(report).toMatchObject({ kills: 2, missing: 0, doubled: 0 });
  expect(report.acknowledged).toBeGreaterThanOrEqual(4_000);
});
