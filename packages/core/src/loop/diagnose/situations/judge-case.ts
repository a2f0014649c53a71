/** Runs one situation through grouping and diagnosis and says what is wrong with the answer. */
import { allDecisionRules } from '../decision-rules/all.ts';
import type { DecisionRule } from '../decision-rule.ts';
import { diagnoseBy, type Finding } from '../diagnose.ts';
import { groupSymptoms } from '../root-cause.ts';
import { nowMs, type Story } from '../situation-stack.kit.ts';
import type { SituationCase } from './situation-case.ts';

/** What is claimed must be claimed with at least this. */
const enough = 0.6;

export function solve(
  { picture, symptoms, exams }: Story,
  rules: readonly DecisionRule[] = allDecisionRules,
): readonly Finding[] {
  const groups = groupSymptoms(picture, symptoms, nowMs);
  return groups.map((group) => diagnoseBy(rules, { group, picture, exams, nowMs }));
}

/** null: as the case wants it. */
export function faultOf(
  { is, at, not, params, groups, tell }: SituationCase,
  rules: readonly DecisionRule[] = allDecisionRules,
): string | null {
  const findings = solve(tell(), rules);
  const words = findings.map(wordsOf).join('; ');
  if (findings.length !== (groups ?? 1)) return `${findings.length} groups: ${words}`;
  if (is === null) {
    const claimed = findings.filter((one) => one.class !== 'unknown');
    return claimed.length === 0 ? null : `claims ${words}`;
  }
  const right = findings.find((one) => one.class === is && (at === undefined || one.target === at));
  if (right === undefined) return `says ${words}`;
  if (right.confidence < enough) return `is not sure: ${words}`;
  const tempted = right.others.find(
    (one) => not?.includes(one.class) === true && one.odds >= right.confidence,
  );
  if (tempted !== undefined) return `is tempted by ${tempted.class}: ${words}`;
  const wrong = Object.entries(params ?? {}).find(([name, value]) => right.params[name] !== value);
  return wrong === undefined ? null : `${wrong[0]} is ${String(right.params[wrong[0]])}: ${words}`;
}

function wordsOf({ class: one, target, confidence, others, sentence }: Finding): string {
  const rest = others.map((other) => `${other.class} ${other.target} ${other.odds}`).join(', ');
  return `${one} ${target} ${confidence} (${sentence}) [${rest}]`;
}
