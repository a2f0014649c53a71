/** What is to be done about one diagnosis, what it may cost, and what the gate said of it. */
import type { Params } from '../diagnose/diagnosis.ts';
import type { Autonomy, Risk } from './policy.ts';

export type Plan = Readonly<{
  id: string;
  incidentId: string;
  diagnosisId: string;
  runbook: string;
  runbookVersion: number;
  /** The first step, chosen by the runbook's branches. */
  step: string;
  params: Params;
  /** Every service that it touches, root first. */
  targets: readonly string[];
  risk: Risk;
  /** Odds that it cures, 0-1, and that it harms. */
  success: number;
  harm: number;
  /** Expected cost in seconds of harmed time. */
  costS: number;
  /** Other candidates with their odds and cost, best first; `do-nothing` and `escalate` included. */
  ranking: readonly Candidate[];
  decision: Decision;
  /** Every gate's word, in order, also those that passed. */
  reasons: readonly GateReason[];
  atMs: number;
}>;

export type Candidate = Readonly<{
  runbook: string;
  step: string;
  success: number;
  harm: number;
  costS: number;
  /** Runs behind the odds, fractional. */
  runs: number;
  note: string | null;
}>;

export type Decision =
  | Readonly<{ kind: 'act' }>
  /** A person must say yes by then. */
  | Readonly<{ kind: 'approve'; untilMs: number }>
  /** Told what would have been done. */
  | Readonly<{ kind: 'suggest' }>
  | Readonly<{ kind: 'wait'; untilMs: number; gate: GateName }>
  | Readonly<{ kind: 'refuse'; gate: GateName }>
  | Readonly<{ kind: 'escalate'; reason: string }>
  | Readonly<{ kind: 'do-nothing'; reason: string }>;

/** In the order in which they are asked. */
export const gateNames = [
  'kill-switch',
  'freeze',
  'scope',
  'lock',
  'self-inflicted',
  'cascade',
  'flapping',
  'limits',
  'autonomy',
  'guard',
  'approval',
  'blast-radius',
  'capture',
] as const;
export type GateName = (typeof gateNames)[number];

export type GateReason = Readonly<{ gate: GateName; passed: boolean; text: string }>;

export type Grant = Readonly<{ autonomy: Autonomy; reason: string }>;
