/**
 * Chooses what to do about a diagnosis, then asks the gate.
 *
 * Candidates are ordered by what they are likely to cure per second of expected cost: the order
 * that minimises the cost of trying one after the other. Doing nothing and calling a person are
 * candidates like the rest, so an act whose odds do not pay for a person's time never comes first.
 * Only among low-risk, reversible steps is a draw taken for the mean, to learn what is better
 * (Thompson 1933). Source: HEALING, "Learning and choosing", with its simulated figures.
 */
import { betaMean } from '../../knowledge/beta.ts';
import { estimate } from '../../knowledge/experience.ts';
import type { Diagnosis } from '../diagnose/diagnosis.ts';
import type { ChooseInput, Prepared } from './choose-input.ts';
import { impactOf } from './cost.ts';
import { askGates, type GateVerdict } from './gate.ts';
import type { Candidate, Decision, Plan } from './plan.ts';
import type { Runbook } from './runbook.ts';
import { known, personCostS, weigh, worthOfPerson, type Weighed } from './weigh.ts';

/** Attempts in one incident before a person is called. */
const mostAttempts = 3;
export const doNothing = { runbook: 'do-nothing', step: 'wait' } as const;
export const callPerson = { runbook: 'escalate', step: 'person' } as const;
/** How long one wait takes, and how often things heal by themselves as far as nobody counted. */
const waiting = { seconds: 60, expectedSuccess: 0.02 } as const;

/** Is the runbook written for this diagnosis, and is the diagnosis certain enough for it? */
export function fits(runbook: Runbook, diagnosis: Diagnosis): boolean {
  return runbook.triggers.some(
    (trigger) =>
      trigger.kind === 'diagnosis' &&
      trigger.classes.includes(diagnosis.class) &&
      diagnosis.confidence >= trigger.minConfidence,
  );
}

export function choosePlan(input: ChooseInput): Plan {
  const usable = input.candidates.filter((one) => whyNot(input, one) === null);
  const weighed = usable
    .flatMap((one) => weigh(input, one) ?? [])
    .toSorted((a, b) => b.worth - a.worth || (a.candidate.runbook < b.candidate.runbook ? -1 : 1));
  const ranking = rank(input, weighed);
  if (input.orderedBy !== null) return ordered(input, weighed, ranking);
  const attempts = input.tried.filter(({ runbook }) => runbook !== doNothing.runbook).length;
  if (attempts >= mostAttempts)
    return wordsOnly(input, ranking, escalate(`${attempts} attempts did not cure it`));
  const waitWorth = waitOf(input);
  let refused: Readonly<{ weighed: Weighed; verdict: GateVerdict }> | null = null;
  for (const one of weighed) {
    // A draw orders the remedies among themselves; it never makes one too dear to try.
    if (one.knownWorth < worthOfPerson(input)) continue;
    if (waitWorth !== null && waitWorth > one.knownWorth) continue;
    const verdict = askGates(one.gate);
    if (!isOnlyItsOwn(verdict)) return planOf(input, { weighed: one, ranking, verdict });
    refused ??= { weighed: one, verdict };
  }
  if (waitWorth !== null && waitWorth > worthOfPerson(input))
    return wordsOnly(input, ranking, { kind: 'do-nothing', reason: 'it often heals by itself' });
  if (refused !== null) return planOf(input, { ...refused, ranking });
  return wordsOnly(input, ranking, escalate(whyPerson(input, weighed)));
}

/** Why a candidate is out of the question; null: it is in. */
function whyNot({ diagnosis, tried, orderedBy }: ChooseInput, one: Prepared): string | null {
  if (one.step === null) return 'none of its branches is true';
  if (orderedBy !== null) return null;
  if (!one.triggered && !fits(one.runbook, diagnosis)) return 'it is for other diagnoses';
  if (one.never !== null) return `not while ${one.never}`;
  const again = tried.some(
    ({ runbook, step, result, blockSame }) =>
      runbook === one.runbook.name && step === one.step && (result !== null || blockSame),
  );
  return again ? 'tried in this incident' : null;
}

/** A no that speaks of this runbook alone lets the next candidate try. */
function isOnlyItsOwn({ decision, reasons }: GateVerdict): boolean {
  if (decision.kind === 'act' || decision.kind === 'wait') return false;
  const gate = reasons.find(({ passed }) => !passed)?.gate;
  return gate === 'guard' || gate === 'limits';
}

/** Every candidate, those that are out too, with nothing and a person among them; best first. */
function rank(input: ChooseInput, weighed: readonly Weighed[]): readonly Candidate[] {
  const rows = weighed.map(({ candidate, worth }) => ({ candidate, worth }));
  const person = personCostS(input);
  const wait = waitOf(input);
  const choices = [
    ...rows,
    {
      candidate: choice(callPerson, { success: 1, costS: person, note: null }),
      worth: worthOfPerson(input),
    },
    {
      candidate: choice(doNothing, {
        success: selfHealing(input),
        costS: waitS(input),
        note: wait === null ? 'tried in this incident' : null,
      }),
      worth: wait ?? 0,
    },
  ].toSorted((a, b) => b.worth - a.worth);
  const out = input.candidates.flatMap((one) => {
    const note = whyNot(input, one);
    if (note === null) return [];
    const arm = { runbook: one.runbook.name, step: one.step ?? '' };
    return choice(arm, { success: 0, costS: 0, note });
  });
  return [...choices.map(({ candidate }) => candidate), ...out].slice(0, 20);
}

function choice(
  arm: Readonly<{ runbook: string; step: string }>,
  of: Readonly<{ success: number; costS: number; note: string | null }>,
): Candidate {
  return { runbook: arm.runbook, step: arm.step, harm: 0, runs: 0, ...of };
}

function waitS({ diagnosis, facts }: ChooseInput): number {
  return waiting.seconds * impactOf(diagnosis, facts);
}

function selfHealing(input: ChooseInput): number {
  const { success } = estimate(known(input), {
    arm: { diagnosis: input.diagnosis.class, ...doNothing },
    versions: { runbook: 0, service: null },
    expectedSuccess: waiting.expectedSuccess,
    risk: 'low',
  });
  return betaMean(success);
}

/** What waiting is worth; null: it was tried in this incident. */
function waitOf(input: ChooseInput): number | null {
  if (input.tried.some(({ runbook }) => runbook === doNothing.runbook)) return null;
  return selfHealing(input) / waitS(input);
}

function escalate(reason: string): Decision {
  return { kind: 'escalate', reason };
}

function whyPerson({ candidates }: ChooseInput, weighed: readonly Weighed[]): string {
  const [best] = weighed;
  if (best !== undefined) {
    const { runbook, success } = best.candidate;
    return `the best remedy, ${runbook}, has odds of ${Math.round(100 * success)} %: not worth its cost`;
  }
  return candidates.length === 0 ? 'no runbook is written for it' : 'no runbook is left to try';
}

/** A person's order: no odds are weighed, the gate is asked all the same. */
function ordered(
  input: ChooseInput,
  [first]: readonly Weighed[],
  ranking: readonly Candidate[],
): Plan {
  if (first === undefined) return wordsOnly(input, ranking, { kind: 'refuse', gate: 'scope' });
  return planOf(input, { weighed: first, ranking, verdict: askGates(first.gate) });
}

type Chosen = Readonly<{
  weighed: Weighed;
  ranking: readonly Candidate[];
  verdict: GateVerdict;
}>;

function planOf(input: ChooseInput, { weighed, ranking, verdict }: Chosen): Plan {
  const { prepared, candidate, gate } = weighed;
  const { diagnosis } = input;
  return {
    id: input.planId,
    incidentId: diagnosis.incidentId,
    diagnosisId: diagnosis.id,
    runbook: prepared.runbook.name,
    runbookVersion: prepared.runbook.version,
    step: candidate.step,
    params: prepared.params,
    targets: prepared.targets,
    risk: gate.risk,
    success: candidate.success,
    harm: candidate.harm,
    costS: candidate.costS,
    ranking,
    decision: verdict.decision,
    reasons: verdict.reasons,
    atMs: input.nowMs,
  };
}

/** A plan that starts nothing. */
function wordsOnly(input: ChooseInput, ranking: readonly Candidate[], decision: Decision): Plan {
  const { diagnosis } = input;
  const arm = decision.kind === 'do-nothing' ? doNothing : callPerson;
  const own = ranking.find(({ runbook }) => runbook === arm.runbook);
  return {
    id: input.planId,
    incidentId: diagnosis.incidentId,
    diagnosisId: diagnosis.id,
    runbook: arm.runbook,
    runbookVersion: 0,
    step: arm.step,
    params: {},
    targets: [diagnosis.target],
    risk: 'low',
    success: own?.success ?? 0,
    harm: 0,
    costS: own?.costS ?? 0,
    ranking,
    decision,
    reasons: [],
    atMs: input.nowMs,
  };
}
