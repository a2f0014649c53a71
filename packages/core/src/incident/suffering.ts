/**
 * Who is failing anyway, so that to end its last instance takes nothing from anybody: those that
 * show an error, and who surely holds what others fail for or is about to reach its own limit.
 */
import { leaks } from '../loop/diagnose/class-traits.ts';
import type { Diagnosis, DiagnosisClass } from '../loop/diagnose/diagnosis.ts';
import type { Incident } from './incident.ts';

/** What they hold comes back only when their process ends. */
const holders: ReadonlySet<DiagnosisClass> = new Set([...leaks, 'deleted_open_file']);
const certain = 0.8;

export function sufferingOf(
  { symptoms }: Pick<Incident, 'symptoms'>,
  diagnosis: Pick<Diagnosis, 'class' | 'target' | 'confidence'>,
): readonly string[] {
  const failing = symptoms.filter(({ severity }) => severity === 'error');
  const isDue = symptoms.some(
    ({ kind, severity, target }) =>
      kind === 'forecast' && severity !== 'info' && target === diagnosis.target,
  );
  const isHolder = holders.has(diagnosis.class) && diagnosis.confidence >= certain;
  const blamed = isHolder && (failing.length > 0 || isDue) ? [diagnosis.target] : [];
  return [...failing.map(({ target }) => target), ...blamed];
}
