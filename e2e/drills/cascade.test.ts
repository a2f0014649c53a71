/** Many services below one stopped database are one incident; two faults are two. The whole: 50. */
import { expect, test } from 'vitest';
import { faultsOf, runCascade } from './cascade.ts';

test('twelve services below one stopped database; then two faults at once', async () => {
  const result = await runCascade(12, 'npm test');
  expect(faultsOf(result), JSON.stringify(result, null, 2)).toEqual([]);
});
