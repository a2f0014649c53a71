/** The step's own conditions, as the runbook's author wrote them. */
import type { Gate } from '../gate-input.ts';

export const guard: Gate = {
  name: 'guard',
  ask: ({ guards, step }) => {
    if (step.guard.length === 0) return { text: 'it has no guards', stop: null };
    if (guards === null) return { text: 'its guards are asked before the step', stop: null };
    const broken = guards.find(({ held }) => !held);
    if (broken === undefined) return { text: 'its guards hold', stop: null };
    return { text: `guard does not hold: ${broken.text}`, stop: { kind: 'refuse', gate: 'guard' } };
  },
};
