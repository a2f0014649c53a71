/** The import promise on every case; of each format one that is started as it stands. */
import { expect, test } from 'vitest';
import { cases } from './cases.ts';
import { faultsOf, startCase } from './promise.ts';

test.each(cases)('$format/$name', { timeout: 30_000 }, (one) => {
  expect(faultsOf(one)).toEqual([]);
});

test.each([
  ['compose', 'conditions'],
  ['process-compose', 'basic'],
  ['supervisord', 'basic'],
  ['systemd', 'set'],
  ['package', 'concurrently'],
])('%s/%s starts as it stands', { timeout: 60_000 }, (format, name) => {
  const one = cases.find((found) => found.format === format && found.name === name);
  expect(startCase(one!)).toEqual({ ok: true, said: '' });
});

test('there are as many as promised', () => {
  const counts = Map.groupBy(cases, ({ format }) => format);
  expect(cases.length).toBeGreaterThanOrEqual(70);
  for (const some of counts.values()) expect(some.length).toBeGreaterThanOrEqual(5);
});
