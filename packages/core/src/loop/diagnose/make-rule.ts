/** Makes a decision rule from a function that weighs its clues; the class is the id up to its `/`. */
import { weighed, type Case } from './clue.ts';
import type { DecisionRule, Situation } from './decision-rule.ts';
import type { DiagnosisClass } from './diagnosis.ts';

export function rule(
  id: DiagnosisClass | `${DiagnosisClass}/${string}`,
  judge: (situation: Situation) => Omit<Case, 'class'> | null,
): DecisionRule {
  const name = id.split('/')[0] as DiagnosisClass;
  return {
    id,
    class: name,
    judge(situation) {
      const found = judge(situation);
      return found === null ? null : weighed({ ...found, class: name });
    },
  };
}
