/** One word for a tree of components. */
import { expect, test } from 'vitest';
import type { Health } from './health-check.ts';
import { aggregateHealth, type Component } from './health-tree.ts';

const part = (id: string, own: Health, needs: string[] = [], required = true): Component => ({
  id,
  own,
  required,
  needs: needs.map((need) => ({ id: need.replace('?', ''), required: !need.endsWith('?') })),
});
const check = (components: Component[], expected: Record<string, Health>) =>
  expect(Object.fromEntries(aggregateHealth(components))).toMatchObject(expected);

test('all well is well', () => check([part('a', 'healthy')], { a: 'healthy', '': 'healthy' }));
test('nothing is unknown', () => check([], { '': 'unknown' }));
test('a dependency pulls its dependants down, however far', () =>
  check(
    [part('web', 'healthy', ['api']), part('api', 'healthy', ['db']), part('db', 'unhealthy')],
    {
      web: 'unhealthy',
      '': 'unhealthy',
    },
  ));
test('an optional dependency degrades', () =>
  check([part('web', 'healthy', ['cache?']), part('cache', 'unhealthy', [], false)], {
    web: 'degraded',
    cache: 'unhealthy',
    '': 'degraded',
  }));
test('an unknown optional component is no trouble', () =>
  check([part('cache', 'unknown', [], false)], { '': 'healthy' }));
test('a need that names nobody is ignored', () =>
  check([part('web', 'healthy', ['ghost'])], { web: 'healthy' }));
test('a cycle ends', () =>
  check([part('a', 'healthy', ['b']), part('b', 'degraded', ['a'])], { a: 'degraded' }));
test('two thousand in a row need no recursion', () => {
  const chain = Array.from({ length: 2_000 }, (_, i) =>
    part(`s${i}`, i === 1_999 ? 'unhealthy' : 'healthy', i === 1_999 ? [] : [`s${i + 1}`]),
  ).toReversed();
  check(chain, { s0: 'unhealthy' });
});
