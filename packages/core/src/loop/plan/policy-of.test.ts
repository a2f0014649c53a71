import { expect, test } from 'vitest';
import type { HealWish } from '../../stack/heal-wish.ts';
import type { Service, Stack } from '../../stack/service.ts';
import { allOn } from './flags.ts';
import { defaultPolicy, type Policy } from './policy.ts';
import { flagsOf, policyOf } from './policy-of.ts';

const stack = (heal: HealWish, services: readonly Partial<Service>[] = []): Stack =>
  ({ heal, services }) as unknown as Stack;
const check = (of: Stack | null, file: HealWish | null, expected: Partial<Policy>) =>
  expect(policyOf(of, file)).toEqual({ ...defaultPolicy, ...expected });

test('nothing said: the defaults', () => check(null, null, {}));
test('the config lies over the defaults', () =>
  check(stack({ autonomy: 'safe', cooldownMs: 1 }), null, { autonomy: 'safe', cooldownMs: 1 }));
test('policy.yaml lies over the config', () =>
  check(
    stack({ autonomy: 'safe', maxTargets: 3 }),
    { autonomy: 'observe' },
    {
      autonomy: 'observe',
      maxTargets: 3,
    },
  ));
test('a service: policy.yaml, then its own key, then the list in the config', () =>
  check(
    stack({ services: { a: 'observe', b: 'observe', c: 'observe' } }, [
      { name: 'a', heal: 'safe' },
      { name: 'b', heal: 'safe' },
    ]),
    { services: { b: 'full' } },
    { autonomyOf: { a: 'safe', b: 'full', c: 'observe' } },
  ));
test('switches likewise', () => {
  const of = { selfHealing: { recovery: 0.5, learning: 0 } } as unknown as Stack;
  expect(flagsOf(of, { recovery: 0 })).toEqual({ ...allOn, recovery: 0, learning: 0 });
  expect(flagsOf(null, null)).toEqual(allOn);
});
