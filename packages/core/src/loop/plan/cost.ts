/**
 * What an act is expected to cost, in seconds of harmed time, and what a person would.
 *
 * C = duration · impact + P(harm) · harm; harm that cannot be undone counts three times. A person
 * costs V = 30 minutes of the same impact. Source: HEALING, "Learning and choosing".
 */
import type { Diagnosis } from '../diagnose/diagnosis.ts';
import type { Runbook, Step } from './runbook.ts';
import type { StackFacts } from './stack-facts.ts';

/** Harmed seconds when it makes things worse. */
const harmS = 900;
const irreversibleFactor = 3;
/** Share of its time limit that a step usually takes. */
const usualShare = 1 / 3;
const lessWithout = 0.5;

export type CostInput = Readonly<{
  /** Seconds from the first step to the verdict. */
  durationS: number;
  /** Odds of harm, 0-1. */
  harm: number;
  reversible: boolean;
  /** Share of the stack that suffers, 0-1. */
  impact: number;
}>;

export function costOf({ durationS, harm, reversible, impact }: CostInput): number {
  return durationS * impact + harm * harmS * (reversible ? 1 : irreversibleFactor);
}

/** How much of the stack suffers: half for one service alone, all when everything hangs on it. */
export function impactOf(diagnosis: Diagnosis, facts: StackFacts): number {
  const target = facts.services.get(diagnosis.target);
  const ill = new Set([...diagnosis.affected, ...(target?.dependants ?? [])]).size;
  const share = facts.services.size <= 1 ? 1 : ill / (facts.services.size - 1);
  const impact = 0.5 + 0.5 * Math.min(1, share);
  return target?.required === false ? impact * lessWithout : impact;
}

/** Before it ever ran: a share of each step's time limit, then the time of the proof. */
export function guessDurationS(runbook: Runbook, chain: readonly Step[]): number {
  const stepsS = chain.map(({ timeoutMs }) => (timeoutMs / 1_000) * usualShare);
  const proofS = (runbook.verify.settleMs + runbook.verify.windowMs) / 1_000;
  return stepsS.reduce((sum, seconds) => sum + seconds, proofS);
}

/** The steps that follow each other without a failure, from this one to the proof. */
export function chainFrom(runbook: Runbook, first: string): readonly Step[] {
  const chain: Step[] = [];
  let step = runbook.steps.get(first);
  while (step !== undefined && !chain.includes(step)) {
    chain.push(step);
    step = runbook.steps.get(step.next);
  }
  return chain;
}
