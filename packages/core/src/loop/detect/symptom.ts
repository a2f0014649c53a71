/**
 * Something that is not as it should be, seen from outside, with what shows it. Not yet a cause.
 */
import type { Evidence } from '../collect/evidence.ts';

export type SymptomKind =
  /** Ended without being asked to. */
  | 'exit'
  | 'crash-loop'
  | 'spawn-failed'
  | 'check-down'
  /** Liveness is down while the process lives. */
  | 'hang'
  | 'stopped'
  | 'flapping'
  | 'threshold'
  | 'anomaly'
  | 'trend'
  | 'forecast'
  | 'template-new'
  | 'template-surge'
  | 'template-vanished'
  | 'errors'
  | 'constraint'
  | 'disk'
  | 'certificate'
  | 'listener-foreign'
  | 'zombies'
  | 'port-moved'
  /** A job of the clock was missed, takes too long, or failed. */
  | 'schedule';

export type Symptom = Readonly<{
  id: string;
  kind: SymptomKind;
  /** A service, `@host`, or `@disk:/mount`. */
  target: string;
  /** Equal keys are the same symptom going on: `check-down:api:health`. */
  key: string;
  /** `info` is kept as evidence and opens nothing; `warn` may open; `error` opens an incident. */
  severity: 'info' | 'warn' | 'error';
  /** When it began to show, and when it was last seen. */
  sinceMs: number;
  atMs: number;
  /** One clause. */
  text: string;
  evidence: readonly Evidence[];
  /** The run of a runbook that caused it; it then starts nothing. null: not our doing. */
  causedBy: string | null;
}>;
