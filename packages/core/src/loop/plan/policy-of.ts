/**
 * The policy in force: the defaults, over them the config's `heal:`, over that `policy.yaml`. What
 * is nearer to the moment wins, and what is said of one service wins over what is said of all.
 */
import type { HealWish } from '../../stack/heal-wish.ts';
import type { Stack } from '../../stack/service.ts';
import { allOn, type Flags } from './flags.ts';
import { defaultPolicy, type Policy } from './policy.ts';

/** `file`: of `policy.yaml`; null: there is none. */
export function policyOf(stack: Stack | null, file: HealWish | null): Policy {
  const ofServices = Object.fromEntries(
    (stack?.services ?? []).flatMap(({ name, heal }) => (heal === undefined ? [] : [[name, heal]])),
  );
  const { services: fromConfig, ...config } = stack?.heal ?? {};
  const { services: fromFile, ...own } = file ?? {};
  return {
    ...defaultPolicy,
    ...config,
    ...own,
    autonomyOf: { ...fromConfig, ...ofServices, ...fromFile },
  };
}

/** Shares by capability; what is not said is on. */
export function flagsOf(stack: Stack | null, file: Readonly<Record<string, number>> | null): Flags {
  return { ...allOn, ...stack?.selfHealing, ...file };
}
