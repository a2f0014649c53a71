/**
 * Follows the arrows between steps: every arrow leads somewhere, every step can be reached, and
 * every way ends. A step that is to be tried again has `retry`; walking in circles is refused.
 */
import type { Runbook, Step } from '../runbook.ts';

export type FlowFault =
  | Readonly<{ kind: 'unreachable'; step: string }>
  /** The steps of the circle, the first one again at its end. */
  | Readonly<{ kind: 'circle'; steps: readonly string[] }>;

export const flowEnds: readonly string[] = ['verify', 'end'];

export function checkFlow(
  steps: ReadonlyMap<string, Step>,
  starts: Runbook['diagnose'],
): readonly FlowFault[] {
  const faults: FlowFault[] = [];
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    const at = trail.indexOf(name);
    if (at >= 0) {
      faults.push({ kind: 'circle', steps: [...trail.slice(at), name] });
      return;
    }
    const step = steps.get(name);
    if (step === undefined || done.has(name)) return;
    for (const next of nextOf(step)) visit(next, [...trail, name]);
    done.add(name);
  };
  for (const { goto } of starts) visit(goto, []);
  for (const name of steps.keys())
    if (!done.has(name)) faults.push({ kind: 'unreachable', step: name });
  return faults;
}

function nextOf({ next, onFail }: Step): readonly string[] {
  return onFail === null ? [next] : [next, onFail];
}
