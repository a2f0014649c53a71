/**
 * Decides `constraints:` for the detectors, which stand below the plan stage and cannot name it.
 *
 * In a runbook what is not known does not hold, and so nothing is done. Here that would raise an
 * alarm for every figure that is not there yet: what is not known breaks no constraint.
 */
import type { ConstraintJudge } from '../loop/detect/constraints.ts';
import type { Symptom } from '../loop/detect/symptom.ts';
import { evaluate } from '../loop/plan/expression/evaluate.ts';
import type { Node } from '../loop/plan/expression/expression.ts';
import { parseExpression } from '../loop/plan/expression/parse.ts';
import type { EvaluationContext } from '../loop/plan/expression/scope.ts';
import { allFacts } from '../loop/plan/facts/all.ts';

const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', '~', 'in']);

/** `symptoms`: those that show now, for constraints that ask for them. */
export function constraintJudge(symptoms: readonly Symptom[]): ConstraintJudge {
  return ({ expr }, picture, nowMs) => {
    const expression = parseExpression(expr);
    if ('error' in expression) return null;
    const world = { picture, symptoms, nowMs, sinceMs: null, startedMs: nowMs };
    const names = Object.fromEntries([...picture.services.keys()].map((name) => [name, name]));
    const context = { names, facts: allFacts, world, answers: new Map() };
    const value = evaluate(expression, context);
    if (typeof value !== 'boolean') return null;
    return !value && comparesUnknown(expression.node, context) ? null : value;
  };
}

/** Names that a quantifier binds have no value outside of it: its inside is left alone. */
function comparesUnknown(node: Node, context: EvaluationContext): boolean {
  if (node.kind === 'unary') return comparesUnknown(node.of, context);
  if (node.kind !== 'binary') return false;
  const sides = [node.left, node.right];
  if (comparisons.has(node.op)) {
    return sides.some((side) => evaluate({ text: '', node: side }, context) === null);
  }
  return sides.some((side) => comparesUnknown(side, context));
}
