/** All that `choosePlan` looks at; the lead asks and evaluates, the chooser only decides. */
import type { Experience } from '../../knowledge/experience.ts';
import type { Result } from '../../knowledge/odds.ts';
import type { Diagnosis, Params } from '../diagnose/diagnosis.ts';
import type { Flags } from './flags.ts';
import type { Policy } from './policy.ts';
import type { Rails } from './rails.ts';
import type { Runbook } from './runbook.ts';
import type { StackFacts } from './stack-facts.ts';

export type ChooseInput = Readonly<{
  planId: string;
  diagnosis: Diagnosis;
  /** Runbooks for which `fits` said yes, each evaluated; in any order. */
  candidates: readonly Prepared[];
  experience: Experience;
  policy: Policy;
  flags: Flags;
  rails: Rails;
  facts: StackFacts;
  /** Services that show a symptom of severity `error` now: failing, whatever their checks say. */
  suffering: readonly string[];
  /** What was tried in this incident, oldest first. */
  tried: readonly Tried[];
  /** Names of drills that passed on this installation. */
  greenDrills: readonly string[];
  /** Of the target, for the odds: release or hash of its definition; null: not known. */
  serviceVersion: string | null;
  /** A person ordered it: `candidates` holds just that runbook, no odds are weighed. null: the loop. */
  orderedBy: string | null;
  /** Brier score of the last 30 odds; null: fewer than 30. */
  brier: number | null;
  /** A seeded number; equal numbers draw equally. */
  draw: number;
  nowMs: number;
}>;

/** A runbook with its expressions evaluated for this diagnosis. */
export type Prepared = Readonly<{
  runbook: Runbook;
  /** A raw `when` trigger held for its time; those on diagnoses are judged by `fits`. */
  triggered: boolean;
  /** The text of a `never_when` that is true now; null: none. */
  never: string | null;
  /** The step that its branches lead to; null: none was true, or it cannot be told. */
  step: string | null;
  params: Params;
  /** Every service that the run touches, root first. */
  targets: readonly string[];
  /** The dedupe key with its parameters filled in. */
  dedupe: string;
  /** Of the first step; null: they are asked later. */
  guards: readonly GuardResult[] | null;
  /** `approval.when` is true. */
  approvalWhen: boolean;
}>;

export type GuardResult = Readonly<{ text: string; held: boolean }>;

export type Tried = Readonly<{
  runbook: string;
  step: string;
  /** null: not ended. `do-nothing` ends as `fixed` or `no-effect`, too. */
  result: Result | null;
  /** The runbook's `watch` says: not this step again. */
  blockSame: boolean;
}>;
