/** What a run taught, in a sentence that a person can check against the odds. */
import { betaMean, type Beta } from './beta.ts';
import type { Result } from './odds.ts';

export type LessonFacts = Readonly<{
  diagnosis: string;
  /** The service, host or disk that it was about. */
  target: string;
  runbook: string;
  /** First steps of each try, in order; empty: nothing was done. */
  tries: readonly string[];
  result: Result;
  durationS: number;
  /** Odds of the last try before and after. */
  before: Beta;
  after: Beta;
}>;

/** At most 200 characters. */
export function lessonOf(facts: LessonFacts): string {
  const { diagnosis, target, runbook, tries, result } = facts;
  const what = `${runbook}${tries.length === 0 ? '' : `, ${tries.join(' then ')},`}`;
  const cause = `${diagnosis} on ${target}`;
  return `${saying(result, what, cause, facts)}${oddsWords(facts)}`.slice(0, 200);
}

function saying(result: Result, what: string, cause: string, { durationS }: LessonFacts): string {
  switch (result) {
    case 'fixed':
      return `${what} cured ${cause} in ${Math.max(1, Math.round(durationS))} s`;
    case 'fixed-then-recurred':
      return `${what} helped against ${cause} only for a while`;
    case 'no-effect':
      return `${what} does not cure ${cause}`;
    case 'made-worse':
      return `${what} made ${cause} worse: it needs a person's yes now`;
    case 'aborted':
    case 'unknown':
      return `${what} against ${cause} came to no end: nothing is learnt`;
    default:
      return result satisfies never;
  }
}

function oddsWords({ result, before, after }: LessonFacts): string {
  if (result === 'aborted' || result === 'unknown') return '';
  const [was, is] = [percent(before), percent(after)];
  return was === is ? `; odds stay at ${is}` : `; odds go from ${was} to ${is}`;
}

function percent(beta: Beta): string {
  return `${Math.round(100 * betaMean(beta))} %`;
}
