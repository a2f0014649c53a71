/** One failure from its first symptom to its lesson. Everything it holds names where it came from. */
import type { Evidence } from '../loop/collect/evidence.ts';
import type { Symptom } from '../loop/detect/symptom.ts';
import type { Diagnosis } from '../loop/diagnose/diagnosis.ts';
import type { Plan } from '../loop/plan/plan.ts';
import type { Lesson } from '../loop/remedy/outcome.ts';

export type IncidentState =
  | 'open'
  /** A closer look is under way. */
  | 'examining'
  | 'awaiting-approval'
  | 'healing'
  /** Cured as far as the clean window tells; symptoms must stay away. */
  | 'verifying'
  /** A person has it. */
  | 'escalated'
  | 'resolved';

export type Incident = {
  /** `INC-17`. */
  readonly id: string;
  state: IncidentState;
  /** The cause in a few words, else the first symptom. */
  title: string;
  severity: 'warn' | 'error' | 'critical';
  /** Service (or host, disk) where the cause sits, as far as known. */
  root: string;
  /** Showing symptoms of their own. */
  services: string[];
  /** Suffer from it. */
  affected: string[];
  readonly openedMs: number;
  changedMs: number;
  resolvedMs: number | null;
  symptoms: Symptom[];
  diagnosis: Diagnosis | null;
  /** Newest last, at most 10. */
  readonly diagnoses: Diagnosis[];
  readonly plans: Plan[];
  readonly runIds: string[];
  readonly timeline: IncidentEntry[];
  readonly lessons: Lesson[];
  escalated: boolean;
  escalationReason: string | null;
  acknowledgedBy: string | null;
  /** Who or what closed it: `fettle`, `by itself`, a person. */
  closedBy: string | null;
  /** Earlier incident that this one repeats. */
  recurrenceOf: string | null;
  readonly notes: { readonly atMs: number; readonly by: string; readonly text: string }[];
  readonly manualSteps: ManualStep[];
  /** A person's word on the diagnosis. */
  verdict: 'right' | 'wrong' | null;
};

export type ManualStep = {
  readonly id: string;
  readonly text: string;
  owner: string | null;
  deadlineMs: number | null;
  doneMs: number | null;
};

export type IncidentEntry = Readonly<{
  atMs: number;
  kind: 'symptom' | 'change' | 'diagnosis' | 'plan' | 'step' | 'outcome' | 'person' | 'state';
  text: string;
  evidence: readonly Evidence[];
}>;
