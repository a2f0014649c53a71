/**
 * Learns which step cures which cause, from outcomes, and says the odds of the next try.
 *
 * Beta(w·p0 + S, w·(1-p0) + F): the author's guess p0 counts as `w` runs, so it leads at first and
 * fades behind real outcomes. An arm with few runs borrows from the same step under other
 * diagnoses. Counts fade with each event of their diagnosis, halve when the runbook or the service
 * changes, and shrink when a trusted remedy fails twice in a row: in simulation that is what pays
 * after the world has drifted, and nothing more elaborate did. Source: HEALING, "Learning and
 * choosing"; Thompson (1933) for the draw.
 */
import type { Beta } from './beta.ts';
import { keepForecast, type Forecast } from './calibration.ts';
import { armId, type Arm, type Odds, type Result } from './odds.ts';

export type Experience = Readonly<{
  arms: Map<string, Odds>;
  /** What was forecast and what came, newest last, at most 1,000. */
  forecasts: Forecast[];
}>;

/** Runs that the author's guess counts for. */
const PRIOR_RUNS = 3;
const PRIOR_SUCCESS = 0.5;
/** Kept of the counts per event of the same diagnosis. */
const FADE = 0.99;
const OTHER_VERSION = 0.5;
/** Kept when what used to cure fails twice in a row: the world has changed, and nobody told. */
const SURPRISED = 0.3;
/** Below so many runs an arm borrows this share of the other diagnoses' counts, up to a cap. */
const BORROW = { below: 5, share: 0.3, cap: 6 } as const;

/** Approved cures that one harm costs, and failures in a row that cost a level. */
const OWED = 5;
const FAILURES_TO_DEMOTE = 3;

/** Pseudo-counts of harmed and harmless runs by risk. */
const harmPriors = {
  low: { a: 0.5, b: 9.5 },
  medium: { a: 1, b: 9 },
  high: { a: 2, b: 8 },
  critical: { a: 2, b: 8 },
} as const satisfies Readonly<Record<string, Beta>>;
export type HarmRisk = keyof typeof harmPriors;

export type Versions = Readonly<{ runbook: number; service: string | null }>;

export type Ask = Readonly<{
  arm: Arm;
  versions: Versions;
  /** The author's guess, 0-1; null: none given. */
  expectedSuccess: number | null;
  risk: HarmRisk;
}>;

export type Estimate = Readonly<{
  success: Beta;
  harm: Beta;
  /** Runs of this arm behind it, weighted and faded. */
  runs: number;
  /** Mean seconds that it took; null: never run. */
  durationS: number | null;
}>;

export function openExperience(): Experience {
  return { arms: new Map(), forecasts: [] };
}

/** The odds of one arm as of now. */
export function estimate(experience: Experience, ask: Ask): Estimate {
  const own = experience.arms.get(armId(ask.arm));
  const scale = own === undefined ? 0 : sameVersion(own, ask.versions) ? 1 : OTHER_VERSION;
  const [won, lost] = [scale * (own?.success ?? 0), scale * (own?.failure ?? 0)];
  const borrowed = won + lost < BORROW.below ? borrowFrom(experience, ask.arm) : { a: 0, b: 0 };
  const prior = ask.expectedSuccess ?? PRIOR_SUCCESS;
  const harm = harmPriors[ask.risk];
  return {
    success: {
      a: PRIOR_RUNS * prior + won + borrowed.a,
      b: PRIOR_RUNS * (1 - prior) + lost + borrowed.b,
    },
    harm: {
      a: harm.a + scale * (own?.harmed ?? 0),
      b: harm.b + scale * (own?.harmless ?? 0),
    },
    runs: won + lost,
    durationS: own === undefined || own.runs === 0 ? null : own.durationS,
  };
}

/** Counts of the same step under other diagnoses, at a discount. */
function borrowFrom({ arms }: Experience, arm: Arm): Beta {
  let [a, b] = [0, 0];
  for (const other of arms.values()) {
    if (other.runbook !== arm.runbook || other.step !== arm.step) continue;
    if (other.diagnosis === arm.diagnosis) continue;
    a += other.success;
    b += other.failure;
  }
  const total = BORROW.share * (a + b);
  const share = total > BORROW.cap ? BORROW.cap / (a + b) : BORROW.share;
  return { a: share * a, b: share * b };
}

function sameVersion(odds: Odds, versions: Versions): boolean {
  return odds.runbookVersion === versions.runbook && odds.serviceVersion === versions.service;
}

/** What a step broke, whatever it was run for. */
export function harmsOf(
  { arms }: Experience,
  { runbook, step }: Omit<Arm, 'diagnosis'>,
): Readonly<{ harmed: number; runs: number }> {
  let [harmed, runs] = [0, 0];
  for (const odds of arms.values()) {
    if (odds.runbook !== runbook || odds.step !== step) continue;
    harmed += odds.harmed;
    runs += odds.harmed + odds.harmless;
  }
  return { harmed, runs };
}

export type RunFacts = Readonly<{
  diagnosis: string;
  /** Of the diagnosis, 0-1. */
  confidence: number;
  runbook: string;
  versions: Versions;
  /**
   * The first step of each try, in order: a chain joined by `then` is one try, `on_fail` begins
   * the next. Only the last gets credit.
   */
  tries: readonly string[];
  result: Result;
  durationS: number;
  /** Odds of a cure that the plan had; null: it was no plan of ours. */
  odds: number | null;
  /** A person said yes to it. */
  approved: boolean;
  atMs: number;
}>;

/**
 * Learns from a run that ended; answers with the arms that changed, to be kept. A run that was
 * `fixed` may come again as `fixed-then-recurred`: the earlier word is then replaced.
 */
export function noteRun(experience: Experience, run: RunFacts): readonly Odds[] {
  if (run.result === 'aborted' || run.result === 'unknown') return [];
  if (run.result === 'fixed-then-recurred') return takeBack(experience, run);
  const changed = new Set(fade(experience, run.diagnosis));
  for (const [index, step] of run.tries.entries()) {
    const last = index === run.tries.length - 1;
    const odds = armOf(experience, { diagnosis: run.diagnosis, runbook: run.runbook, step }, run);
    count(odds, last ? run.result : 'no-effect', run);
    changed.add(odds);
  }
  if (run.odds !== null)
    keepForecast(experience.forecasts, { odds: run.odds, cured: run.result === 'fixed' });
  return [...changed];
}

/** The cure did not last: its success is taken back and counts as a failure. */
function takeBack(experience: Experience, run: RunFacts): readonly Odds[] {
  const { diagnosis, runbook, tries, confidence, atMs } = run;
  const odds = experience.arms.get(armId({ diagnosis, runbook, step: tries.at(-1) ?? '' }));
  if (odds === undefined) return [];
  const weight = Math.min(confidence, odds.success);
  odds.success -= weight;
  odds.failure += weight;
  odds.changedMs = atMs;
  stand(odds, run.result, run.approved);
  return [odds];
}

function fade({ arms }: Experience, diagnosis: string): readonly Odds[] {
  const faded = [...arms.values()].filter((odds) => odds.diagnosis === diagnosis);
  for (const odds of faded) scaleCounts(odds, FADE);
  return faded;
}

function scaleCounts(odds: Odds, by: number): void {
  odds.success *= by;
  odds.failure *= by;
  odds.harmed *= by;
  odds.harmless *= by;
}

const nothing = {
  success: 0,
  failure: 0,
  harmed: 0,
  harmless: 0,
  durationS: 0,
  runs: 0,
  failuresInRow: 0,
  owed: 0,
  demoted: 0,
} as const;

function armOf({ arms }: Experience, arm: Arm, { versions, atMs }: RunFacts): Odds {
  const id = armId(arm);
  const known = arms.get(id);
  if (known === undefined) {
    const fresh: Odds = {
      ...nothing,
      ...arm,
      id,
      runbookVersion: versions.runbook,
      serviceVersion: versions.service,
      changedMs: atMs,
    };
    arms.set(id, fresh);
    return fresh;
  }
  if (!sameVersion(known, versions)) scaleCounts(known, OTHER_VERSION);
  known.runbookVersion = versions.runbook;
  known.serviceVersion = versions.service;
  return known;
}

function count(odds: Odds, result: Result, run: RunFacts): void {
  const isTrusted = odds.success > odds.failure;
  if (result !== 'fixed' && odds.failuresInRow > 0 && isTrusted) scaleCounts(odds, SURPRISED);
  if (result === 'fixed') odds.success += run.confidence;
  else odds.failure += run.confidence;
  if (result === 'made-worse') odds.harmed += 1;
  else odds.harmless += 1;
  odds.durationS += (run.durationS - odds.durationS) / Math.min(odds.runs + 1, 20);
  odds.runs += 1;
  odds.changedMs = run.atMs;
  stand(odds, result, run.approved);
}

/** What it means for how far the arm may go alone. */
function stand(odds: Odds, result: Result, approved: boolean): void {
  if (result === 'fixed') {
    odds.failuresInRow = 0;
    odds.demoted = Math.max(0, odds.demoted - 1);
    if (approved) odds.owed = Math.max(0, odds.owed - 1);
    return;
  }
  if (result === 'made-worse') odds.owed = OWED;
  odds.failuresInRow += 1;
  if (odds.failuresInRow < FAILURES_TO_DEMOTE) return;
  odds.failuresInRow = 0;
  odds.demoted += 1;
}
