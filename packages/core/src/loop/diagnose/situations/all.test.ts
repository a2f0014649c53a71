/** Every situation of the table: the right class, at the right place, not the tempting one. */
import { expect, test } from 'vitest';
import { allSituations } from './all.ts';
import { faultOf } from './judge-case.ts';

test.each(allSituations.map((one) => [one.title, one] as const))('%s', (_title, one) => {
  expect(faultOf(one)).toBe(null);
});
