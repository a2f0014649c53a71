/**
 * One execution of a runbook, step by step, as it is kept on disk.
 *
 * The record is written before each effect (write-ahead). After a crash a step that was `started`
 * is observed again, then resumed, undone, or marked `unknown` and given to a person. `key` is what
 * the supervisor and the actions count effects by: at most one each.
 */
import type { Evidence } from '../collect/evidence.ts';
import type { FactCall, Value } from '../plan/expression/expression.ts';
import type { Plan } from '../plan/plan.ts';
import type { Outcome, OutcomeKind } from './outcome.ts';

export type Run = {
  readonly id: string;
  readonly incidentId: string;
  readonly plan: Plan;
  /**
   * `awaiting`: a person's yes; `capturing`: evidence; `guarding`: guards are asked; `acting`;
   * `backing-off`: before a retry; `verifying`: settle and clean window; `undoing`; `ended`.
   */
  phase:
    | 'awaiting'
    | 'capturing'
    | 'guarding'
    | 'acting'
    | 'backing-off'
    | 'verifying'
    | 'undoing'
    | 'observing'
    | 'ended';
  /** The step that is next or under way. */
  step: string;
  readonly attempts: Attempt[];
  /** When it could begin: an approved one counts from the yes. */
  startedMs: number;
  /** The whole run, undo aside. */
  deadlineMs: number;
  /** When the last step ended: verification trusts only samples after it. */
  lastStepEndMs: number | null;
  /** The clean window under judgement begins here; null: not yet verifying. */
  windowFromMs: number | null;
  phaseSinceMs: number;
  /** When `ticked` is due for this run. */
  wakeMs: number | null;
  evidence: readonly string[];
  /** How it will have ended once the undo is through. */
  verdict: Readonly<{ kind: OutcomeKind; text: string; evidence: readonly Evidence[] }> | null;
  outcome: Outcome | null;
  /** A person must look: why. null: not (yet). */
  escalation: string | null;
  /** Times the present step was tried. */
  tries: number;
  /** Name of the question that is out: `run-7#3`. */
  ask: string | null;
  /** What it asks, in the order of the answers. */
  asked: readonly FactCall[];
  asks: number;
  /** Due and done looks back after a cure. */
  readonly rechecks: { readonly dueMs: number; well: boolean | null }[];
  /** Who started it: `fettle`, a person's login, `supervisor` for a reflex. */
  readonly actor: string;
  approvedBy: string | null;
};

export type Attempt = {
  /** `run-7/start_db/1`: at most one effect. */
  readonly key: string;
  readonly step: string;
  readonly action: string;
  readonly params: Readonly<Record<string, string | number | boolean>>;
  readonly target: string;
  state: 'started' | 'done' | 'failed' | 'unknown' | 'undoing' | 'undone' | 'undo-failed';
  readonly startedMs: number;
  endedMs: number | null;
  detail: string;
  /** What the action captured before it changed anything; its undo gets it back. */
  capture: Value;
  readonly reversible: boolean;
  readonly evidence: readonly Evidence[];
};

/** What the supervisor did at once by itself, kept and judged like our own. */
export function isReflex(run: Run): boolean {
  return run.actor === 'supervisor';
}
