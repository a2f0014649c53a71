/**
 * How far the loop may go alone: observe < suggest < approve < safe < full.
 *
 * In a new installation only the dead are restarted; everything else is suggested until outcomes
 * or drills earn more, one arm at a time, and one harm takes it back. What a person configured
 * wins over what was earned; what cannot be undone is never done alone above low risk, whatever
 * was earned or configured. Source: HEALING, "Learning and choosing".
 */
import { wilson } from '../../knowledge/beta.ts';
import type { Odds } from '../../knowledge/odds.ts';
import type { GateInput } from './gate-input.ts';
import type { Grant } from './plan.ts';
import { autonomies, type Autonomy, type Policy, type Risk } from './policy.ts';
import { restartsTheDead } from './restart-the-dead.ts';

/** `auto` of the design: acts alone. */
const alone = { runs: 8, success: 0.7, harm: 0.05 } as const;
/** A few good runs, all asked for by hand, are worth a question instead of a hint. */
const asked = { runs: 3, success: 0.4 } as const;
/** Odds whose Brier score over the last 30 is worse than a coin's are not trusted. */
const worstBrier = 0.25;

export type Standing = Readonly<{
  policy: Policy;
  target: string;
  /** Of the arm; null: never run. */
  odds: Odds | null;
  /** Of the same step under all diagnoses: what it breaks does not depend on why it ran. */
  harm: Readonly<{ harmed: number; runs: number }>;
  risk: Risk;
  /** The runbook names drills, and all of them passed here. */
  drillsGreen: boolean;
  brier: number | null;
  /** The act only returns what died. */
  restartsTheDead: boolean;
}>;

export function grantOf(standing: Standing): Grant {
  const { policy, target } = standing;
  const ofService = policy.autonomyOf[target];
  if (ofService !== undefined) return { autonomy: ofService, reason: `set for ${target}` };
  if (policy.autonomy !== null) return { autonomy: policy.autonomy, reason: 'set by policy' };
  if (standing.restartsTheDead)
    return { autonomy: 'full', reason: 'restarting what died needs no leave' };
  return held(standing, earned(standing));
}

function earned({ odds, harm, risk, drillsGreen }: Standing): Grant {
  const runs = odds === null ? 0 : odds.success + odds.failure;
  const { lower } = wilson(odds?.success ?? 0, runs);
  const { upper } = wilson(harm.harmed, harm.runs);
  const seen = `${odds?.runs ?? 0} runs, success at least ${percent(lower)}, harm at most ${percent(upper)}`;
  if (runs >= alone.runs && lower >= alone.success && upper <= alone.harm)
    return { autonomy: 'full', reason: `earned: ${seen}` };
  if (drillsGreen && risk === 'low')
    return { autonomy: 'safe', reason: 'its drills passed here and the risk is low' };
  if (runs >= asked.runs && lower >= asked.success)
    return { autonomy: 'approve', reason: `not yet alone: ${seen}` };
  return {
    autonomy: 'suggest',
    reason: odds === null ? 'never run here' : `not yet earned: ${seen}`,
  };
}

/** Takes back what was earned, as long as there is a reason to. */
function held({ odds, brier }: Standing, grant: Grant): Grant {
  if (odds !== null && odds.owed > 0)
    return atMost(
      grant,
      'approve',
      `it made something worse; ${odds.owed} approved cures are owed`,
    );
  if (odds !== null && odds.demoted > 0) {
    const level = autonomies[Math.max(1, autonomies.indexOf(grant.autonomy) - odds.demoted)]!;
    return atMost(grant, level, 'it failed several times in a row');
  }
  if (brier !== null && brier > worstBrier)
    return atMost(grant, 'approve', 'odds not trustworthy: the last 30 were wrong too often');
  return grant;
}

function atMost(grant: Grant, level: Autonomy, reason: string): Grant {
  return autonomies.indexOf(grant.autonomy) <= autonomies.indexOf(level)
    ? grant
    : { autonomy: level, reason };
}

/** What the granted level permits for this act, at its risk. */
export function permits(input: GateInput): 'act' | 'approve' | 'suggest' | 'observe' {
  const { grant, risk } = input;
  if (isTalk(input.action.name) && grant.autonomy !== 'observe') return 'act';
  switch (grant.autonomy) {
    case 'observe':
    case 'suggest':
    case 'approve':
      return grant.autonomy;
    case 'safe':
      return risk === 'low' || restartsTheDead(input) ? 'act' : 'approve';
    case 'full':
      if (risk === 'low' || restartsTheDead(input)) return 'act';
      return risk === 'medium' && isReversible(input) ? 'act' : 'approve';
    default:
      return grant.autonomy satisfies never;
  }
}

/** Steps that change nothing but what people know. */
export function isTalk(action: string): boolean {
  return ['escalate', 'notify', 'manual', 'wait', 'codefix.propose'].includes(action);
}

export function isReversible({
  action,
  step,
  runbook,
}: Pick<GateInput, 'action' | 'step' | 'runbook'>): boolean {
  return action.irreversible === null && step.undo === 'action' && runbook.risk.reversible;
}

function percent(ratio: number): string {
  return `${Math.round(100 * ratio)} %`;
}
