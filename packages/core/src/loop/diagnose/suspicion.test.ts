import { expect, test } from 'vitest';
import { rankSuspects, strangeness, together, type Figure } from './suspicion.ts';

const calm = Array.from({ length: 40 }, (_, step) => 10 + ((step * 7) % 5) * 0.1);

function latency(lately: readonly number[], weight = 1): readonly Figure[] {
  return [{ kind: 'latency', weight, usual: calm, lately }];
}

const rises = [10, 14, 22, 30, 31];
const edges: Readonly<Record<string, readonly string[]>> = {
  web: ['api', 'mail'],
  api: ['store'],
  mail: [],
  store: [],
};

function ranking(figures: Readonly<Record<string, readonly Figure[]>>) {
  return rankSuspects({
    target: 'web',
    hurts: 'latency',
    figures: new Map(Object.entries(figures)),
    needs: (name) => edges[name] ?? [],
  }).map(({ name }) => name);
}

test('the deepest strange one comes first, those above it after', () => {
  const order = ranking({
    web: latency(rises),
    api: latency(rises),
    store: latency(rises),
    mail: latency([10, 10.1, 10, 10.2, 10.1]),
  });
  expect(order[0]).toBe('store');
  expect(order.at(-1)).toBe('mail');
});

test('one that is strange at another time is less suspect than one that moves with the pain', () => {
  const order = ranking({
    web: latency(rises),
    api: latency([10, 10, 10.1, 10, 10]),
    store: latency([40, 12, 10, 10, 10]),
    mail: latency([10, 15, 23, 29, 30]),
  });
  expect(order[0]).toBe('mail');
});

test('who is not needed by what hurts comes after who is', () => {
  const order = ranking({ web: latency(rises), other: latency(rises), store: latency(rises) });
  expect(order.indexOf('store')).toBeLessThan(order.indexOf('other'));
});

test('a figure that never moved makes a small step strange, and noise stays noise', () => {
  const flat: Figure = { kind: 'x', weight: 1, usual: Array(20).fill(100), lately: [97.5] };
  expect(strangeness(flat)).toBeGreaterThan(1.5);
  const noisy: Figure = { kind: 'x', weight: 1, usual: calm, lately: [10.3, 10.1, 10.2] };
  expect(strangeness(noisy)).toBeLessThan(1.2);
});

test('too little to tell is nothing', () => {
  expect(strangeness({ kind: 'x', weight: 1, usual: [1, null], lately: [9] })).toBe(0);
  expect(together([1, 2, null, 4], [1, 2, 3, null])).toBe(0);
});
