/** What every gate looks at, and what it answers. A gate is a pure function of this record. */
import type { Diagnosis, Params } from '../diagnose/diagnosis.ts';
import type { ActionSpec } from './action-spec.ts';
import type { GuardResult } from './choose-input.ts';
import type { Flags } from './flags.ts';
import type { Decision, GateName, Grant } from './plan.ts';
import type { Policy, Risk } from './policy.ts';
import type { Rails } from './rails.ts';
import type { Runbook, Step } from './runbook.ts';
import type { StackFacts } from './stack-facts.ts';

export type GateInput = Readonly<{
  /** The run that asks, so that it does not stand in its own way; null: before it has one. */
  runId: string | null;
  runbook: Runbook;
  step: Step;
  action: ActionSpec;
  /** Of the step, filled in. */
  params: Params;
  targets: readonly string[];
  dedupe: string;
  diagnosis: Diagnosis;
  risk: Risk;
  /** Earned or configured, see `autonomy.ts`. */
  grant: Grant;
  policy: Policy;
  flags: Flags;
  rails: Rails;
  facts: StackFacts;
  suffering: readonly string[];
  /** null: asked later. */
  guards: readonly GuardResult[] | null;
  /** Did the action keep its pre-state? null: asked later. */
  captured: boolean | null;
  /** `approval.when` of the runbook is true. */
  approvalWhen: boolean;
  /** Who said yes to this run; null: nobody yet. */
  approvedBy: string | null;
  nowMs: number;
}>;

/** `stop` null: passed. */
export type GateAnswer = Readonly<{ text: string; stop: Decision | null }>;

export type Gate = Readonly<{ name: GateName; ask(input: GateInput): GateAnswer }>;
