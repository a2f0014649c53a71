/** One row of the table of situations: a story, the right class, and the tempting one. */
import type { DiagnosisClass, Params } from '../diagnosis.ts';
import type { Story } from '../situation-stack.kit.ts';

export type SituationCase = Readonly<{
  title: string;
  tell: () => Story;
  /** null: nothing may be claimed with 0.5 or more. */
  is: DiagnosisClass | null;
  /** Where the cause sits. */
  at?: string;
  /** Classes that a hasty reader would choose; their odds stay below the right one's. */
  not?: readonly DiagnosisClass[];
  params?: Params;
  /** Number of groups; 1 unless told. */
  groups?: number;
}>;

/** Tells a story: builds the stack, lets things happen to it, and hands it over. */
export function story(start: Story, ...steps: readonly ((story: Story) => void)[]): Story {
  for (const step of steps) step(start);
  return start;
}
