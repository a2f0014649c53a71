/** What the loop goes by: the policy and flags of the config, laid over the defaults. */
import type { HealWish } from '@fettle/core/stack/heal-wish';
import type { Stack } from '@fettle/core/stack/service';
import { allOn, capabilities, type Flags } from '@fettle/core/loop/plan/flags';
import { defaultPolicy, type Autonomy, type Policy } from '@fettle/core/loop/plan/policy';
import type { Runbook } from '@fettle/core/loop/plan/runbook';

export type LoopSettings = Readonly<{
  policy: Policy;
  flags: Flags;
  runbooks: readonly Runbook[];
}>;

export function settingsOf(stack: Stack | null, runbooks: readonly Runbook[]): LoopSettings {
  return { policy: policyOf(stack), flags: flagsOf(stack), runbooks };
}

/** A service's own `heal` wins over what the stack's `heal` says of it. */
function policyOf(stack: Stack | null): Policy {
  const wish: HealWish = stack?.heal ?? {};
  const { services = {}, autonomy, ...rest } = wish;
  const autonomyOf: Record<string, Autonomy> = { ...services };
  for (const { name, heal } of stack?.services ?? [])
    if (heal !== undefined) autonomyOf[name] = heal;
  return { ...defaultPolicy, ...rest, autonomy: autonomy ?? null, autonomyOf };
}

function flagsOf(stack: Stack | null): Flags {
  const said = stack?.selfHealing ?? {};
  const shares = capabilities.map((name) => [name, said[name] ?? allOn[name]] as const);
  return Object.fromEntries(shares) as Flags;
}
