/** What is not captured cannot be put back: without its pre-state a reversible act is not done. */
import type { Gate } from '../gate-input.ts';

export const capture: Gate = {
  name: 'capture',
  ask: ({ captured, action }) => {
    if (captured === null) return { text: 'its pre-state is kept before the step', stop: null };
    if (captured) return { text: 'its pre-state is kept', stop: null };
    if (action.irreversible !== null && !action.destructive)
      return { text: 'there is nothing to put back', stop: null };
    return { text: 'its pre-state could not be kept', stop: { kind: 'refuse', gate: 'capture' } };
  },
};
