/** Causes that a container engine knows: somebody else ended, removed or restarted a container. */
import { exitText } from '../../../supervise/exit-text.ts';
import type { ExitNote } from '../../../supervise/run.ts';
import { exitEvidence, type Rule } from '../rule.ts';

/** What a person may want to do about it. */
const help: Readonly<Record<ExitNote, readonly string[]>> = {
  'stopped-elsewhere': ['fettle stop'],
  'killed-elsewhere': [],
  'removed-elsewhere': ['fettle stop'],
  'restarted-elsewhere': ['fettle restart'],
};

export const engineCauses: readonly Rule[] = [
  {
    id: 'engine',
    phases: ['ended'],
    explain(facts) {
      const { exit, input } = facts;
      if (exit?.note === undefined || exit.endedBy !== null) return null;
      const next = help[exit.note].map((command) => `${command} ${input.service}`);
      return {
        sentence: exitText(exit),
        confidence: 0.98,
        evidence: exitEvidence(facts),
        next: [...next, `fettle timeline ${input.service}`],
      };
    },
  },
];
