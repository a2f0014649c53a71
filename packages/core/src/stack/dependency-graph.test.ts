import { expect, test } from 'vitest';
import { dependencyGraph, findCycle, startOrder } from './dependency-graph.ts';

const edges = (graph: Record<string, string[]>) =>
  Object.entries(graph).map(([name, dependsOn]) => ({
    name,
    dependsOn: dependsOn.map((service) => ({
      service,
      condition: 'service_started' as const,
      required: true,
      restart: false,
    })),
  }));
const check = (graph: Record<string, string[]>, expected: readonly string[] | null) =>
  expect(findCycle(edges(graph))).toEqual(expected);

test('a diamond has no cycle', () => check({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }, null));
test('a cycle is named by its path', () =>
  check({ web: ['api'], api: ['db'], db: ['api'] }, ['api', 'db', 'api']));
test('a service that depends on itself is a cycle', () => check({ a: ['a'] }, ['a', 'a']));
test('an unknown dependency is not a cycle', () => check({ a: ['ghost'] }, null));
test('a chain of 20,000 does not exhaust the stack', () => {
  const chain: Record<string, string[]> = {};
  for (let i = 0; i < 20_000; i += 1) chain[`s${i}`] = [`s${i + 1}`];
  check(chain, null);
});
test('the reverse edges are listed once each', () => {
  const graph = dependencyGraph(edges({ a: ['c', 'c'], b: ['c'], c: [] }));
  expect(graph.dependants.get('c')).toEqual(['a', 'b']);
  expect(graph.dependants.get('a')).toEqual([]);
});
test('an order puts each service after what it depends on', () =>
  expect(startOrder(edges({ web: ['api'], api: ['db', 'cache'], cache: [], db: [] }))).toEqual([
    'db',
    'cache',
    'api',
    'web',
  ]));
