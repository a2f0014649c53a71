/** How a run ended, judged on data taken after its last step. Only `fixed` is a success. */
import type { Evidence } from '../collect/evidence.ts';

export type OutcomeKind =
  | 'fixed'
  | 'fixed-then-recurred'
  | 'no-effect'
  | 'made-worse'
  | 'aborted'
  /** A step's effect is not known: a person looks. */
  | 'unknown';

export type Outcome = Readonly<{
  kind: OutcomeKind;
  /** One sentence. */
  text: string;
  evidence: readonly Evidence[];
  undone: boolean;
  atMs: number;
}>;

/** What was learnt, in words and as a row for the odds. */
export type Lesson = Readonly<{
  id: string;
  incidentId: string;
  runId: string;
  diagnosis: string;
  runbook: string;
  step: string;
  outcome: OutcomeKind;
  text: string;
  atMs: number;
}>;
