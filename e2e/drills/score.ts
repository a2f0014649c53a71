/** Rates over drills, and whether they are what the loop must reach. */
import { families, type Family } from './fault.ts';
import type { DrillResult } from './drill-result.ts';
import type { Results } from './run-chapters.ts';

export const wanted = { diagnosed: 0.9, healed: 0.9, family: 0.8 } as const;

export type Rate = Readonly<{ good: number; of: number }>;
export type Score = Readonly<{
  drills: number;
  /** Drills whose fault never showed to our own eyes, nor to Fettle. */
  mute: number;
  diagnosed: Rate;
  healed: Rate;
  families: Readonly<Record<Family, Readonly<{ diagnosed: Rate; healed: Rate }>>>;
  harmful: readonly string[];
  actsWhereNoneIsDue: readonly string[];
  curedByTheWrong: readonly string[];
  /** Sentences; none: all is met. */
  missed: readonly string[];
}>;

export const share = ({ good, of }: Rate): number => (of === 0 ? 0 : good / of);
export const percent = (rate: Rate): string =>
  rate.of === 0 ? '–' : `${Math.floor(share(rate) * 1_000) / 10} %`;

const isMute = ({ signalS, diagnosedRight }: DrillResult): boolean =>
  signalS === null && !diagnosedRight;

const rateOf = (drills: readonly DrillResult[], good: (one: DrillResult) => boolean): Rate => ({
  good: drills.filter(good).length,
  of: drills.length,
});

export function scoreOf(results: Results): Score {
  const all = results.drills.filter((one) => !isMute(one));
  const both = (drills: readonly DrillResult[]) => ({
    diagnosed: rateOf(drills, (one) => one.diagnosedRight),
    healed: rateOf(drills, (one) => one.healed),
  });
  const byFamily = Object.fromEntries(
    families.map((family) => [family, both(all.filter((one) => one.family === family))]),
  ) as Score['families'];
  const score = {
    drills: results.drills.length,
    mute: results.drills.length - all.length,
    ...both(all),
    families: byFamily,
    harmful: results.drills.flatMap(({ fault, harm }) => harm.map((text) => `${fault}: ${text}`)),
    actsWhereNoneIsDue: results.negatives.flatMap(({ name, acts }) =>
      acts.map((text) => `${name}: ${text}`),
    ),
    curedByTheWrong: results.tempting
      .filter(({ cured }) => cured)
      .map(({ fault, what }) => `${fault}: ${what}`),
  };
  return { ...score, missed: missedBy(score, results.broken) };
}

function missedBy(score: Omit<Score, 'missed'>, broken: readonly string[]): readonly string[] {
  const low = (what: string, rate: Rate, least: number): readonly string[] =>
    rate.of > 0 && share(rate) < least ? [`${what} ${percent(rate)}, wanted ${least * 100} %`] : [];
  const none = (what: string, list: readonly string[]): readonly string[] =>
    list.length === 0 ? [] : [`${list.length} ${what}`];
  return [
    ...low('diagnosed right', score.diagnosed, wanted.diagnosed),
    ...low('healed and verified', score.healed, wanted.healed),
    ...families.flatMap((family) => [
      ...low(`${family}: diagnosed right`, score.families[family].diagnosed, wanted.family),
      ...low(`${family}: healed and verified`, score.families[family].healed, wanted.family),
    ]),
    ...none('harmful acts', score.harmful),
    ...none('acts where none was due', score.actsWhereNoneIsDue),
    ...none('cures by a remedy that only tempts', score.curedByTheWrong),
    ...none('drills that could not be run', broken),
    ...(score.mute > score.drills / 20 ? [`${score.mute} faults did not show`] : []),
  ];
}
