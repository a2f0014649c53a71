/**
 * The policy of drilled stacks: full autonomy, and no rest between two drills on one stack. What a
 * person does on a stack (as a drill does when it takes a fault back) must not stand in the way of
 * the next drill either. All else is as shipped.
 */
export const drillPolicy = {
  autonomy: 'full',
  cooldown: '1s',
  good_after: '15s',
  manual: '0s',
  max_runs: { count: 50, per: '1h' },
  block: { failures: 20, for: '1m' },
  chronic: { heals: 50, within: '1h' },
} as const;
