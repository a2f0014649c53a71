/**
 * What is remembered of one arm: how often a step cured a class of cause, and how often it harmed.
 *
 * Tens of runs, not thousands: two Beta distributions per arm say all that so few runs can say.
 * Counts are fractional (an uncertain diagnosis counts less) and fade (the world changes). Source:
 * HEALING, "Learning and choosing".
 */

/** A class of cause, and the runbook's step that was chosen for it. */
export type Arm = Readonly<{ diagnosis: string; runbook: string; step: string }>;

/** As in `loop/remedy/outcome.ts`; only `fixed` is a success. */
export type Result =
  | 'fixed'
  | 'fixed-then-recurred'
  | 'no-effect'
  | 'made-worse'
  | 'aborted'
  | 'unknown';

/** One per arm; plain JSON, kept as a record of kind `odds` under `id`. */
export type Odds = Arm & {
  /** `db_down/database-connection-failure/start_db`. */
  readonly id: string;
  runbookVersion: number;
  /** Of the service, at the newest outcome; null: not known. */
  serviceVersion: string | null;
  /** Weighted and faded counts. */
  success: number;
  failure: number;
  harmed: number;
  harmless: number;
  /** Mean seconds from the first step to its outcome; 0 with no runs. */
  durationS: number;
  /** All outcomes ever, neither weighted nor faded. */
  runs: number;
  failuresInRow: number;
  /** Approved successes still owed since it made something worse. */
  owed: number;
  /** Levels below the earned one, after failures in a row; a success takes one back. */
  demoted: number;
  changedMs: number;
};

export function armId({ diagnosis, runbook, step }: Arm): string {
  return `${diagnosis}/${runbook}/${step}`;
}
