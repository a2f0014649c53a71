/** Facts that need no look at the world: whether something is known, how many, which is larger. */
import type { Value } from '../expression/expression.ts';
import type { PictureFact } from './fact.ts';

const numbers = (args: readonly Value[]): readonly number[] | null =>
  args.every((arg) => typeof arg === 'number') ? args : null;

export const plainFacts: readonly PictureFact[] = [
  {
    name: 'known',
    params: [{ name: 'value', type: 'any' }],
    result: 'boolean',
    about: 'Is the value known? A comparison with what is not known is false.',
    example: 'known(metric(target, "request_p95_ms"))',
    source: 'picture',
    answer: (_world, [value = null]) => value !== null,
  },
  {
    name: 'otherwise',
    params: [
      { name: 'value', type: 'any' },
      { name: 'fallback', type: 'any' },
    ],
    result: 'any',
    about: 'The value, or the second one where the first is not known.',
    example: 'otherwise(metric(target, "error_ratio"), 0) < 1%',
    source: 'picture',
    answer: (_world, [value = null, fallback = null]) => value ?? fallback,
  },
  {
    name: 'count',
    params: [{ name: 'list', type: { list: 'any' } }],
    result: 'number',
    about: 'How many items the list has.',
    example: 'count(dependants(target)) > 0',
    source: 'picture',
    answer: (_world, [list = null]) => (Array.isArray(list) ? list.length : null),
  },
  {
    name: 'min',
    params: [
      { name: 'a', type: 'any' },
      { name: 'b', type: 'any' },
    ],
    result: 'any',
    about: 'The smaller of two numbers.',
    example: 'min(baseline(target, "cpu"), 1)',
    source: 'picture',
    answer: (_world, args) => {
      const known = numbers(args);
      return known === null ? null : Math.min(...known);
    },
  },
  {
    name: 'max',
    params: [
      { name: 'a', type: 'any' },
      { name: 'b', type: 'any' },
    ],
    result: 'any',
    about: 'The larger of two numbers.',
    example: 'max(baseline(target, "cpu"), 1)',
    source: 'picture',
    answer: (_world, args) => {
      const known = numbers(args);
      return known === null ? null : Math.max(...known);
    },
  },
];
