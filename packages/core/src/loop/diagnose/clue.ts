/**
 * Evidence with its weight, and how weights become a confidence.
 *
 * What speaks for a cause is combined by noisy-or: each clue alone would convince with its weight,
 * independent ones add up and never pass 1. What speaks against takes its share of the whole away.
 * Source: Pearl, "Probabilistic Reasoning in Intelligent Systems" (1988), section 4.3.2.
 */
import type { Evidence } from '../collect/evidence.ts';
import type { DiagnosisClass, Params, Verdict } from './diagnosis.ts';
import { clip, sentenceLimit } from './words.ts';

/** `weight`: 0-1, how much it alone would convince. */
export type Clue = Readonly<{ weight: number; evidence: Evidence }>;

export type Case = Readonly<{
  class: DiagnosisClass;
  target: string;
  sentence: string;
  params?: Params;
  for: readonly (Clue | null)[];
  against?: readonly (Clue | null)[];
}>;

export function clue(weight: number, kind: string, text: string, atMs: number | null = null): Clue {
  return { weight, evidence: { kind, text: clip(text, 600), atMs } };
}

/** What is said when `holds`, else nothing. */
export function when(holds: boolean, said: () => Clue): Clue | null {
  return holds ? said() : null;
}

export function noisyOr(weights: readonly number[]): number {
  return 1 - weights.reduce((rest, weight) => rest * (1 - Math.min(0.99, weight)), 1);
}

/** null: nothing speaks for it. */
export function weighed(one: Case): Verdict | null {
  const given = one.for.filter((each) => each !== null);
  if (given.length === 0) return null;
  const doubts = (one.against ?? []).filter((each) => each !== null);
  const left = doubts.reduce((rest, { weight }) => rest * (1 - weight), 1);
  const confidence = noisyOr(given.map(({ weight }) => weight)) * left;
  if (confidence < 0.1) return null;
  return {
    class: one.class,
    target: one.target,
    confidence: Math.round(confidence * 1_000) / 1_000,
    sentence: clip(one.sentence, sentenceLimit),
    for: given.map(({ evidence }) => evidence).slice(0, 8),
    against: doubts.map(({ evidence }) => evidence).slice(0, 8),
    params: one.params ?? {},
  };
}
