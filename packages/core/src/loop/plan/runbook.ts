/**
 * A runbook: when to run, how to tell the branches apart, what to do, and how to prove that it
 * worked. This is the checked form; `read-runbook.ts` makes it from a parsed YAML or JSON file.
 *
 * Expressions are kept as text with their syntax tree: they were parsed and type-checked when the
 * file was loaded.
 */
import type { DiagnosisClass } from '../diagnose/diagnosis.ts';
import type { Expression } from './expression/expression.ts';
import type { Risk } from './policy.ts';

export type Runbook = Readonly<{
  name: string;
  /** Bumped on every edit; outcomes of old versions count half. */
  version: number;
  description: string;
  owner: string | null;
  /** `shipped`, or the file it was read from. */
  origin: string;
  /** Drills that must pass before it may earn more than `suggest`. */
  tests: readonly string[];
  triggers: readonly Trigger[];
  /** Any true one: not now. */
  neverWhen: readonly Expression[];
  /** Text with `${param}`; equal keys are one execution. */
  dedupe: string;
  parameters: readonly Parameter[];
  risk: Readonly<{ base: Risk; dataLoss: boolean; reversible: boolean }>;
  approval: Readonly<{ when: Expression | null; timeoutMs: number | null }>;
  limits: Readonly<{
    cooldownMs: number | null;
    maxRuns: Readonly<{ count: number; perMs: number }> | null;
    deadlineMs: number | null;
    maxTargets: number | null;
  }>;
  /** What to keep before acting: `logs(service)`, `proc(service)`, `sockets(service)`, `changes`. */
  evidence: readonly Readonly<{ what: string; of: string | null }>[];
  /** The first true branch wins; the last has `when: null`. */
  diagnose: readonly Readonly<{ when: Expression | null; goto: string }>[];
  steps: ReadonlyMap<string, Step>;
  verify: Verify;
  watchMs: readonly number[];
  escalate: Readonly<{ severity: 'warn' | 'error' | 'critical'; reason: string | null }>;
  /** Author's guess of success for the odds, 0-1. */
  expectedSuccess: number | null;
}>;

export type Trigger =
  | Readonly<{
      kind: 'diagnosis';
      classes: readonly DiagnosisClass[];
      minConfidence: number;
    }>
  /** A raw symptom, only as a fallback. */
  | Readonly<{ kind: 'when'; when: Expression; forMs: number }>;

export type Parameter = Readonly<{
  name: string;
  type: 'service' | 'string' | 'number';
  required: boolean;
  /** Where the value comes from; null: the diagnosis' parameter of that name. */
  from: Expression | null;
}>;

export type Step = Readonly<{
  id: string;
  action: string;
  /** Values may hold `${expression}`. */
  with: Readonly<Record<string, string | number | boolean>>;
  timeoutMs: number;
  retry: Readonly<{ attempts: number; backoffMs: number; factor: number }>;
  guard: readonly Expression[];
  /** null: as the action's own undo; `none`: declared not to be undone. */
  undo: 'action' | 'none';
  risk: Risk | null;
  approvalRequired: boolean;
  /** `then:` in the file: a step's id, or `verify`, or `end`. */
  next: string;
  onFail: string | null;
  note: string | null;
}>;

export type Verify = Readonly<{
  settleMs: number;
  windowMs: number;
  require: readonly Expression[];
  /** Any true one: collateral damage. */
  forbid: readonly Expression[];
}>;
