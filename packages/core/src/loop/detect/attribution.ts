/**
 * Was it our own act? A symptom that begins on the target of an act, or on its dependants, while
 * the act runs or shortly after, is the act's doing: remedies look bad before they work.
 */
import type { Picture } from '../collect/picture.ts';
import { dependsOn } from '../collect/service-relations.ts';
import type { Sign } from './detector.ts';

export type OwnAct = Readonly<{
  /** The run of the runbook. */
  runId: string;
  targets: readonly string[];
  sinceMs: number;
  /** null: still acting. */
  endedMs: number | null;
}>;

/** The run that caused it; null: none. */
export function causedBy(
  picture: Picture,
  sign: Sign,
  acts: readonly OwnAct[],
  when: Readonly<{ nowMs: number; windowMs: number }>,
): string | null {
  for (const { runId, targets, sinceMs, endedMs } of acts) {
    if (sign.sinceMs < sinceMs) continue;
    if (endedMs !== null && when.nowMs >= endedMs + when.windowMs) continue;
    const touched = targets.some(
      (target) => target === sign.target || dependsOn(picture, sign.target, target),
    );
    if (touched) return runId;
  }
  return null;
}
