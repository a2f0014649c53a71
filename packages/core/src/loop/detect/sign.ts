/** Makes a sign from what differs between detectors: key and evidence follow. */
import type { Sign } from './detector.ts';
import type { SymptomKind } from './symptom.ts';

export type Finding = Readonly<{
  kind: SymptomKind;
  target: string;
  /** What of the target; null: the target as such. Equal findings have equal words here. */
  about: string | null;
  severity: Sign['severity'];
  sinceMs: number;
  text: string;
  /** Kind of evidence, as in `evidence.ts`. */
  from: string;
  /** More evidence than the text itself. */
  also?: Sign['evidence'];
}>;

export function signOf(finding: Finding): Sign {
  const { kind, target, about, severity, sinceMs, text, from, also = [] } = finding;
  return {
    kind,
    target,
    key: about === null ? `${kind}:${target}` : `${kind}:${target}:${about}`,
    severity,
    sinceMs,
    text,
    evidence: [{ kind: from, text, atMs: sinceMs }, ...also],
  };
}
