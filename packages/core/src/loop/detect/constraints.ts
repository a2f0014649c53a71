/**
 * What the config says must hold (`constraints:`): broken for its time, it is a symptom.
 *
 * Expressions belong to the plan stage, which stands above this one: the caller brings the judge.
 */
import type { Constraint } from '../../stack/heal-wish.ts';
import type { Picture } from '../collect/picture.ts';
import type { Detector, Sign } from './detector.ts';
import { signOf } from './sign.ts';

/** Does it hold? null: what it asks for is not known now. */
export type ConstraintJudge = (
  constraint: Constraint,
  picture: Picture,
  nowMs: number,
) => boolean | null;

/** By expression: since when it is broken. */
export type BrokenConstraints = Map<string, number>;

export function constraintDetector(broken: BrokenConstraints, judge: ConstraintJudge): Detector {
  return {
    id: 'constraint',
    flag: 'performance_monitoring',
    everyMs: 5_000,
    clearMs: 10_000,
    detect(picture, nowMs) {
      const constraints = picture.stack?.constraints ?? [];
      const known = new Set(constraints.map(({ expr }) => expr));
      for (const expr of broken.keys()) if (!known.has(expr)) broken.delete(expr);
      return constraints.flatMap((constraint) =>
        signsOf({ broken, picture, constraint }, judge(constraint, picture, nowMs), nowMs),
      );
    },
  };
}

type Case = Readonly<{ broken: BrokenConstraints; picture: Picture; constraint: Constraint }>;

function signsOf(
  { broken, picture, constraint }: Case,
  isKept: boolean | null,
  nowMs: number,
): readonly Sign[] {
  const { expr, severity, forMs, text, place } = constraint;
  if (isKept !== false) {
    broken.delete(expr);
    return [];
  }
  const sinceMs = broken.get(expr) ?? nowMs;
  broken.set(expr, sinceMs);
  if (nowMs - sinceMs < forMs) return [];
  return [
    signOf({
      kind: 'constraint',
      target: targetOf(picture, expr),
      about: expr,
      severity,
      sinceMs,
      text: `does not hold: ${text ?? expr}`,
      from: 'config',
      also: [{ kind: 'config', text: `${expr} (${place.file}:${place.line})`, atMs: null }],
    }),
  ];
}

/** The first service that it names; none: it is about the machine. */
function targetOf(picture: Picture, expr: string): string {
  const words = expr.match(/[\w-]+/g) ?? [];
  return words.find((word) => picture.services.has(word)) ?? '@host';
}
