/**
 * What the config says about mending: `heal:`, `self_healing:`, `constraints:`, `notify:`, watched
 * files. Plain data; `loop/plan/policy.ts` holds the defaults that it is laid over.
 */

/** `loop/plan/policy.ts` says what each level may do; here only the word that the user wrote. */
export const healLevels = ['observe', 'suggest', 'approve', 'safe', 'full'] as const;
export type HealLevel = (typeof healLevels)[number];

/** Every key is optional: what is not said stays as it is. Times in ms, shares 0-1. */
export type HealWish = Readonly<{
  /** How far it may go alone; absent: earned by runbook and diagnosis. */
  autonomy?: HealLevel;
  /** By service name. */
  services?: Readonly<Record<string, HealLevel>>;
  /** Epoch ms until which nothing is changed. */
  frozenUntilMs?: number;
  selfInflictedMs?: number;
  cooldownMs?: number;
  maxRuns?: Readonly<{ count: number; perMs: number }>;
  block?: Readonly<{ failures: number; forMs: number }>;
  chronic?: Readonly<{ heals: number; withinMs: number }>;
  cascade?: Readonly<{ ratio: number; services: number; withinMs: number }>;
  manualMs?: number;
  maxTargets?: number;
  keepHealthyRatio?: number;
  concurrentRuns?: number;
  runDeadlineMs?: number;
  approvalMs?: number;
  recheckMs?: readonly number[];
  flapping?: Readonly<{ checks: number; beginRatio: number; endRatio: number }>;
  resolveMs?: number;
  escalationValueMs?: number;
  goodAfterMs?: number;
}>;

/** What must hold; broken, it is a symptom. */
export type Constraint = Readonly<{
  /** As written; parsed by `loop/plan/expression/parse.ts`. */
  expr: string;
  severity: 'warn' | 'error';
  /** Broken for this long before it counts. */
  forMs: number;
  /** What to say; null: the expression itself. */
  text: string | null;
  place: Readonly<{ file: string; line: number; column: number }>;
}>;

export type NotifyTarget = Readonly<{
  /** http or https. */
  webhook: string;
  /** Name of the environment variable that holds the signing secret; null: unsigned. */
  secretEnv: string | null;
  /** Called every minute while the loop is alive; absent: nothing is. */
  deadMan?: string;
}>;

/** A file that is watched; its last good version is kept so that it can be restored. */
export type ConfigFile = Readonly<{
  name: string;
  /** Absolute. */
  path: string;
  /** Its content is never shown, logged or told. */
  secret: boolean;
}>;
