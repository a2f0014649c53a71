/**
 * Leaves out one decision rule after the other and asks every situation of the table again.
 *
 * A rule that nobody misses is either not tested or not needed. Source: DeMillo, Lipton & Sayward,
 * "Hints on Test Data Selection" (1978), mutation analysis with the smallest set of mutants.
 */
import { allDecisionRules } from '@fettle/core/loop/diagnose/decision-rules/all';
import { allSituations } from '@fettle/core/loop/diagnose/situations/all';
import { faultOf } from '@fettle/core/loop/diagnose/situations/judge-case';

export type Mutant = Readonly<{
  ruleId: string;
  /** Titles of situations that turned wrong; empty: nobody misses the rule. */
  wrong: readonly string[];
  /** What is said in the first of them. */
  example: string;
}>;

/** Situations that are wrong although no rule is missing. */
export function wrongAnyway(): readonly string[] {
  return allSituations.filter((one) => faultOf(one) !== null).map(({ title }) => title);
}

export function mutateRules(): readonly Mutant[] {
  return allDecisionRules.map(({ id }) => {
    const rest = allDecisionRules.filter((rule) => rule.id !== id);
    const faults = allSituations.flatMap((one) => {
      const fault = faultOf(one, rest);
      return fault === null ? [] : [{ title: one.title, fault }];
    });
    return {
      ruleId: id,
      wrong: faults.map(({ title }) => title),
      example: faults[0]?.fault ?? '',
    };
  });
}
