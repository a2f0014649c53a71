/**
 * The numbers by which the loop decides, all in one place; shown in the dashboard, changed in the
 * config (`heal:`) or by `policy.yaml`. Sources of the defaults: HEALING's table of rails (medik8s,
 * Kubernetes, Envoy, AWS SSM, kubernaut).
 */

export const risks = ['low', 'medium', 'high', 'critical'] as const;
export type Risk = (typeof risks)[number];

/**
 * `observe`: only look; `suggest`: say what would be done; `approve`: ask a person; `safe`: act alone
 * where the risk is low and the way back is known; `full`: act alone up to medium risk.
 */
export const autonomies = ['observe', 'suggest', 'approve', 'safe', 'full'] as const;
export type Autonomy = (typeof autonomies)[number];

export type Policy = Readonly<{
  /** null: earned per runbook and diagnosis; restarting the dead always acts. */
  autonomy: Autonomy | null;
  /** By service name: a stricter or freer level. */
  autonomyOf: Readonly<Record<string, Autonomy>>;
  /** After an own action on a target, its symptoms are our doing for this long. */
  selfInflictedMs: number;
  cooldownMs: number;
  maxRuns: Readonly<{ count: number; perMs: number }>;
  /** Verified failures in a row that block the pair (runbook, target), and for how long. */
  block: Readonly<{ failures: number; forMs: number }>;
  /** Heals of the same thing within a time that call a person. */
  chronic: Readonly<{ heals: number; withinMs: number }>;
  /** Share of services turning unhealthy within a time that makes it one incident. */
  cascade: Readonly<{ ratio: number; services: number; withinMs: number }>;
  /** An operator's command or edit on a target pauses risky acts on it. */
  manualMs: number;
  maxTargets: number;
  keepHealthyRatio: number;
  concurrentRuns: number;
  runDeadlineMs: number;
  approvalMs: number;
  recheckMs: readonly number[];
  flapping: Readonly<{ checks: number; beginRatio: number; endRatio: number }>;
  /** An incident closes after this long without symptoms. */
  resolveMs: number;
  frozenUntilMs: number;
  /** Approximate human minutes that an automatic cure saves. */
  escalationValueMs: number;
  /** A version of a file is good once a service started with it and stayed well for this long. */
  goodAfterMs: number;
}>;

export const defaultPolicy: Policy = {
  autonomy: null,
  autonomyOf: {},
  selfInflictedMs: 30_000,
  cooldownMs: 300_000,
  maxRuns: { count: 3, perMs: 3_600_000 },
  block: { failures: 3, forMs: 3_600_000 },
  chronic: { heals: 3, withinMs: 3_600_000 },
  cascade: { ratio: 0.5, services: 2, withinMs: 60_000 },
  manualMs: 1_800_000,
  maxTargets: 1,
  keepHealthyRatio: 0.51,
  concurrentRuns: 2,
  runDeadlineMs: 240_000,
  approvalMs: 600_000,
  recheckMs: [300_000, 3_600_000, 86_400_000],
  flapping: { checks: 21, beginRatio: 0.5, endRatio: 0.25 },
  resolveMs: 10_000,
  frozenUntilMs: 0,
  escalationValueMs: 1_800_000,
  goodAfterMs: 60_000,
};
