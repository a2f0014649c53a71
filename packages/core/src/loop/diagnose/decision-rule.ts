/**
 * The contract of a decision rule: one class of cause, told from the picture and a closer look.
 *
 * Rules are declarative and independent: each says how certain it is, the most certain wins, the
 * others become "other causes". A new class is an entry in a family file of `decision-rules/`, its
 * test, and a line in `decision-rules/all.ts`.
 */
import type { ServiceExam } from '../collect/exam.ts';
import type { Picture, ServicePicture } from '../collect/picture.ts';
import type { Symptom } from '../detect/symptom.ts';
import type { Complaint } from './complaint.ts';
import type { DiagnosisClass, Verdict } from './diagnosis.ts';

export type Situation = Readonly<{
  picture: Picture;
  /** The service asked about. */
  service: ServicePicture;
  /** Of this service (and of its disks and host), still showing, oldest first. */
  symptoms: readonly Symptom[];
  exam: ServiceExam | null;
  /** Exams of what it depends on, as far as they were made. */
  exams: ReadonlyMap<string, ServiceExam>;
  /** What its log complains about since shortly before the trouble began, newest last. */
  complaints: readonly Complaint[];
  /** When its first symptom began; `nowMs` when it shows none. */
  sinceMs: number;
  /**
   * Evidence counts from here: a little before that, and never from before an earlier trouble of
   * this service was over.
   */
  fromMs: number;
  /** When earlier troubles were over, by service. */
  settled: ReadonlyMap<string, number>;
  nowMs: number;
}>;

export type DecisionRule = Readonly<{
  /** Stable; equals the class unless a class has several rules: `db_down/refused`. */
  id: string;
  class: DiagnosisClass;
  /** null: does not apply. */
  judge(situation: Situation): Verdict | null;
}>;
