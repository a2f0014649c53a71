/**
 * Chooses what to do about a diagnosis: the candidate with the best odds per cost, or nothing, or a
 * person; then asks the gate.
 */
import type { Diagnosis } from '../diagnose/diagnosis.ts';
import type { ChooseInput } from './choose-input.ts';
import type { Plan } from './plan.ts';
import type { Runbook } from './runbook.ts';

/** Is the runbook written for this diagnosis, and is the diagnosis certain enough for it? */
export function fits(runbook: Runbook, diagnosis: Diagnosis): boolean {
  return runbook.triggers.some(
    (trigger) =>
      trigger.kind === 'diagnosis' &&
      trigger.classes.includes(diagnosis.class) &&
      diagnosis.confidence >= trigger.minConfidence,
  );
}

/** First version, to be joined against: takes the first candidate and only suggests. */
export function choosePlan(input: ChooseInput): Plan {
  const { diagnosis, candidates } = input;
  const [first] = candidates;
  return {
    id: input.planId,
    incidentId: diagnosis.incidentId,
    diagnosisId: diagnosis.id,
    runbook: first?.runbook.name ?? 'escalate',
    runbookVersion: first?.runbook.version ?? 0,
    step: first?.step ?? 'escalate',
    params: first?.params ?? {},
    targets: first?.targets ?? [],
    risk: first?.runbook.risk.base ?? 'low',
    success: 0.5,
    harm: 0.05,
    costS: 0,
    ranking: [],
    decision:
      first === undefined ? { kind: 'escalate', reason: 'no runbook fits' } : { kind: 'suggest' },
    reasons: [],
    atMs: input.nowMs,
  };
}
