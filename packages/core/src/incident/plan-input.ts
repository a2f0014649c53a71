/** What the chooser and the gate look at, gathered from the state of the loop. */
import { recentBrier } from '../knowledge/calibration.ts';
import type { Diagnosis } from '../loop/diagnose/diagnosis.ts';
import type { ChooseInput, Prepared, Tried } from '../loop/plan/choose-input.ts';
import { askGates } from '../loop/plan/gate.ts';
import { risks } from '../loop/plan/policy.ts';
import { stackFacts } from '../loop/plan/stack-facts.ts';
import { gateInput } from '../loop/plan/weigh.ts';
import { isReflex, type Run } from '../loop/remedy/run.ts';
import { runsOf, workOf, type Turn } from '../loop-state.ts';
import type { Incident } from './incident.ts';
import { judgeOf } from './judge.ts';
import { serviceVersionOf } from './service-version.ts';
import { sufferingOf } from './suffering.ts';

export type Planned = Readonly<{
  planId: string;
  diagnosis: Diagnosis;
  candidates: readonly Prepared[];
}>;

export function planInput(turn: Turn, incident: Incident, planned: Planned): ChooseInput {
  const { state, nowMs } = turn;
  const { planId, diagnosis } = planned;
  return {
    ...planned,
    experience: state.experience,
    policy: state.policy,
    flags: state.flags,
    rails: state.rails,
    facts: stackFacts(state.picture, state.policy, nowMs),
    suffering: sufferingOf(incident, diagnosis),
    tried: triedIn(turn, incident),
    greenDrills: [],
    serviceVersion: serviceVersionOf(state.picture, diagnosis.target),
    orderedBy: workOf(state, incident, nowMs).byHand?.actor ?? null,
    brier: recentBrier(state.experience.forecasts),
    draw: drawOf(planId, nowMs),
    nowMs,
  };
}

function triedIn({ state }: Turn, incident: Incident): readonly Tried[] {
  // A restart by the supervisor is no attempt of ours, and its failure says nothing of the cause.
  return runsOf(state, incident)
    .filter((run) => !isReflex(run))
    .map((run) => ({
      runbook: run.plan.runbook,
      step: run.plan.step,
      result: run.outcome?.kind ?? null,
      blockSame: run.outcome?.kind === 'fixed-then-recurred',
    }));
}

/** Spread over 0-1 and the same in a replay: it depends on nothing but the plan. */
function drawOf(id: string, nowMs: number): number {
  let hash = Math.floor(nowMs) % 65_521;
  for (const char of id) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 1_000_003;
  return (hash + 0.5) / 1_000_003;
}

/**
 * Why the step that an `on_fail` leads to may not be done; null: it may. The plan's gate judged the
 * way without failures; a yes covers this one only where it is no riskier.
 */
export function refusalOf(turn: Turn, run: Run, stepId: string): string | null {
  const { state } = turn;
  const incident = state.incidents.get(run.incidentId);
  const runbook = state.runbooks.get(run.plan.runbook);
  const step = runbook?.steps.get(stepId);
  const diagnosis = incident?.diagnosis;
  if (incident === undefined || runbook === undefined || step === undefined) return null;
  if (diagnosis === null || diagnosis === undefined) return null;
  const written = step.with['target'];
  const target = written === undefined ? null : String(judgeOf(turn, run).fill(written));
  const prepared: Prepared = {
    runbook,
    triggered: true,
    never: null,
    step: stepId,
    params: run.plan.params,
    targets: target === null ? run.plan.targets : [target],
    dedupe: state.rails.holds.find(({ runId }) => runId === run.id)?.dedupe ?? '',
    guards: null,
    approvalWhen: false,
  };
  const planned = { planId: run.plan.id, diagnosis, candidates: [prepared] };
  const gate = gateInput(planInput(turn, incident, planned), prepared, stepId);
  if (gate === null) return null;
  const isRiskier = risks.indexOf(gate.risk) > risks.indexOf(run.plan.risk);
  const yes = run.approvedBy ?? (run.actor === 'fettle' ? null : run.actor);
  const verdict = askGates({ ...gate, runId: run.id, approvedBy: isRiskier ? null : yes });
  if (verdict.decision.kind === 'act') return null;
  return verdict.reasons.find(({ passed }) => !passed)?.text ?? 'the gate said no';
}
