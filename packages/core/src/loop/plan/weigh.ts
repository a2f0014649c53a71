/** Weighs one candidate: its odds, its risk, its expected cost, and the levels granted to it. */
import { betaMean, betaQuantile } from '../../knowledge/beta.ts';
import { estimate, harmsOf, openExperience } from '../../knowledge/experience.ts';
import type { Ask, Estimate, Experience } from '../../knowledge/experience.ts';
import { armId, type Arm } from '../../knowledge/odds.ts';
import { createPrng, nextRandom } from '../../supervise/prng.ts';
import { actionSpecs } from './action-specs.ts';
import { grantOf, isReversible, isTalk } from './autonomy.ts';
import type { ChooseInput, Prepared } from './choose-input.ts';
import { chainFrom, costOf, guessDurationS, impactOf } from './cost.ts';
import { confidenceAfter, oddsOfCure } from './doubt.ts';
import { isOn } from './flags.ts';
import type { GateInput } from './gate-input.ts';
import type { Candidate } from './plan.ts';
import { risks } from './policy.ts';
import { restartsTheDead } from './restart-the-dead.ts';
import { riskOf } from './risk.ts';
import type { Runbook } from './runbook.ts';

export type Weighed = Readonly<{
  prepared: Prepared;
  candidate: Candidate;
  gate: GateInput;
  /** Cures per second of expected cost: the order of trying, by a draw where learning is free. */
  worth: number;
  /** The same by what is known: what is weighed against a person and against waiting. */
  knownWorth: number;
  /** Nothing but words to a person. */
  isTalk: boolean;
}>;

/** Odds multiply with it: how likely the diagnosis still is after what was tried. */
export function presentConfidence(input: ChooseInput): number {
  const failed = input.tried.flatMap(({ runbook: name, step, result }) => {
    if (result === null || result === 'aborted' || result === 'unknown') return [];
    const runbook = input.candidates.find((one) => one.runbook.name === name)?.runbook;
    return runbook === undefined ? [] : [betaMean(oddsOf(input, runbook, step).success)];
  });
  return confidenceAfter(input.diagnosis.confidence, failed);
}

/** null: the step or its action does not exist, so there is nothing to weigh. */
export function weigh(input: ChooseInput, prepared: Prepared): Weighed | null {
  const { runbook, step: stepId } = prepared;
  const gate = stepId === null ? null : gateInput(input, prepared, stepId);
  if (gate === null || stepId === null) return null;
  const chain = chainFrom(runbook, stepId);
  const odds = oddsOf(input, runbook, stepId);
  const harm = betaMean(odds.harm);
  const reversible = chain.every((step) => {
    const action = actionSpecs.get(step.action);
    return action !== undefined && isReversible({ action, step, runbook });
  });
  const durationS = odds.durationS ?? guessDurationS(runbook, chain);
  const impact = impactOf(input.diagnosis, input.facts);
  const costS = costOf({ durationS, harm, reversible, impact });
  // A raw sign is its author's own evidence, whatever the diagnosis is worth.
  const isRaw = prepared.triggered && input.orderedBy === null;
  const confidence = isRaw ? 1 : presentConfidence(input);
  const isFree = gate.risk === 'low' && reversible && explores(input);
  const chance = isFree ? drawn(input, odds, arm(input, runbook, stepId)) : betaMean(odds.success);
  const talk = chain.every(({ action }) => isTalk(action));
  const success = oddsOfCure(betaMean(odds.success), confidence);
  return {
    prepared,
    gate,
    isTalk: talk,
    worth: talk ? worthOfPerson(input) : oddsOfCure(chance, confidence) / costS,
    knownWorth: talk ? worthOfPerson(input) : success / costS,
    candidate: {
      runbook: runbook.name,
      step: stepId,
      success,
      harm,
      costS: talk ? personCostS(input) : costS,
      runs: odds.runs,
      note: null,
    },
  };
}

export function personCostS({ policy, diagnosis, facts }: ChooseInput): number {
  return (policy.escalationValueMs / 1_000) * impactOf(diagnosis, facts);
}

/** A person always cures, for the price of a person's time. */
export function worthOfPerson(input: ChooseInput): number {
  return 1 / personCostS(input);
}

/** What is known; nothing, where learning is switched off. */
export function known({ experience, flags, diagnosis }: ChooseInput): Experience {
  return isOn(flags, 'learning', diagnosis.target) ? experience : openExperience();
}

function explores({ flags, diagnosis: { target } }: ChooseInput): boolean {
  return isOn(flags, 'learning', target) && isOn(flags, 'optimization', target);
}

function drawn({ draw }: ChooseInput, odds: Estimate, of: Arm): number {
  return betaQuantile(odds.success, nextRandom(createPrng(`${draw} ${armId(of)}`)));
}

function arm({ diagnosis }: ChooseInput, runbook: Runbook, step: string): Arm {
  return { diagnosis: diagnosis.class, runbook: runbook.name, step };
}

function oddsOf(input: ChooseInput, runbook: Runbook, step: string): Estimate {
  const action = actionSpecs.get(runbook.steps.get(step)?.action ?? '');
  const ask: Ask = {
    arm: arm(input, runbook, step),
    versions: { runbook: runbook.version, service: input.serviceVersion },
    expectedSuccess: runbook.expectedSuccess,
    risk: action?.risk ?? 'low',
  };
  return estimate(known(input), ask);
}

/** What the gate is asked about one step; also before each later step of a run. */
export function gateInput(
  input: ChooseInput,
  prepared: Prepared,
  stepId: string,
): GateInput | null {
  const { runbook, params, targets } = prepared;
  const step = runbook.steps.get(stepId);
  const action = actionSpecs.get(step?.action ?? '');
  if (step === undefined || action === undefined) return null;
  const { diagnosis, facts, policy } = input;
  const asked = { runbook, step, action, params: { ...params, ...step.with }, targets };
  const risk = highestRisk(input, prepared, stepId);
  const act = { ...asked, facts };
  const of = arm(input, runbook, stepId);
  const grant = grantOf({
    policy,
    target: targets[0] ?? diagnosis.target,
    odds: known(input).arms.get(armId(of)) ?? null,
    harm: harmsOf(known(input), of),
    risk,
    drillsGreen:
      runbook.tests.length > 0 && runbook.tests.every((name) => input.greenDrills.includes(name)),
    brier: input.brier,
    restartsTheDead: restartsTheDead(act) && chainFrom(runbook, stepId).length === 1,
  });
  const { flags, rails, suffering, nowMs } = input;
  return {
    ...act,
    diagnosis,
    policy,
    flags,
    rails,
    suffering,
    nowMs,
    runId: null,
    dedupe: prepared.dedupe,
    risk,
    grant,
    guards: prepared.guards,
    captured: null,
    approvalWhen: prepared.approvalWhen,
    approvedBy: input.orderedBy,
  };
}

/** Of all the steps that follow without a failure: a yes to the first is a yes to them. */
function highestRisk(input: ChooseInput, prepared: Prepared, stepId: string) {
  const { diagnosis, facts, policy } = input;
  const { runbook, params, targets } = prepared;
  const levels = chainFrom(runbook, stepId).flatMap((step) => {
    const action = actionSpecs.get(step.action);
    if (action === undefined) return [];
    const all = { ...params, ...step.with };
    return risks.indexOf(
      riskOf({ runbook, step, action, params: all, targets, diagnosis, facts, policy }).risk,
    );
  });
  return risks[Math.max(0, ...levels)]!;
}
