/**
 * What goes up and down is not cured by one more restart; a dead process is not flapping. Nor is a
 * process that comes and goes because it surely is busy with itself: it is recycled once, and not
 * again within the hour.
 */
import { leaks } from '../../diagnose/class-traits.ts';
import type { DiagnosisClass } from '../../diagnose/diagnosis.ts';
import type { Gate, GateInput } from '../gate-input.ts';
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
    if (isRecycledOnce(input, unstable))
      return { text: `${unstable} is flapping, and why is known`, stop: null };
    return {
      text: `${unstable} is flapping: one more restart is no cure`,
      stop: { kind: 'escalate', reason: `${unstable} is unstable: it keeps going up and down` },
    };
  },
};

/** They sit in the process itself and end with it. */
const inside: ReadonlySet<DiagnosisClass> = new Set([
  'cpu_own_hot_loop',
  'cpu_own_threads',
  'event_loop_block',
  'deadlock',
  'pool_leak',
  ...leaks,
]);
const sure = 0.8;
const restMs = 3_600_000;

function isRecycledOnce({ diagnosis, rails, nowMs }: GateInput, target: string): boolean {
  if (diagnosis.target !== target || diagnosis.confidence < sure) return false;
  const last = rails.acts[target];
  return inside.has(diagnosis.class) && (last === undefined || nowMs - last.atMs > restMs);
}
