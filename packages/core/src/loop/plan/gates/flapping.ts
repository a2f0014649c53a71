/** What goes up and down is not cured by one more restart; a dead process is not flapping. */
import type { Gate } from '../gate-input.ts';
import { restartsTheDead } from '../restart-the-dead.ts';

const restarts = new Set(['service.restart', 'service.stop', 'service.start', 'process.kill']);

export const flapping: Gate = {
  name: 'flapping',
  ask: (input) => {
    const { action, facts, targets } = input;
    const unstable = targets.find((target) => facts.services.get(target)?.flapping === true);
    if (unstable === undefined) return { text: 'not flapping', stop: null };
    if (!restarts.has(action.name))
      return { text: `${unstable} is flapping; ${action.name} restarts nothing`, stop: null };
    if (restartsTheDead(input))
      return { text: `${unstable} was flapping and is dead now`, stop: null };
    return {
      text: `${unstable} is flapping: one more restart is no cure`,
      stop: { kind: 'escalate', reason: `${unstable} is unstable: it keeps going up and down` },
    };
  },
};
