/** What Fettle itself did lately, and to whom: symptoms of it are our own doing. */
import type { OwnAct } from '../loop/detect/attribution.ts';
import type { LoopState } from '../loop-state.ts';

export function ownActs(state: LoopState, nowMs: number): readonly OwnAct[] {
  return [...state.runs.values()].flatMap((run): readonly OwnAct[] => {
    const [first] = run.attempts;
    const last = run.attempts.at(-1);
    if (run.actor === 'supervisor' || first === undefined || last === undefined) return [];
    const isActing = run.phase !== 'ended' && run.phase !== 'verifying';
    const endedMs = isActing ? null : (last.endedMs ?? run.phaseSinceMs);
    if (endedMs !== null && nowMs - endedMs > state.policy.selfInflictedMs) return [];
    const targets = [...new Set(run.attempts.map(({ target }) => target))];
    return [{ runId: run.id, targets, sinceMs: first.startedMs, endedMs }];
  });
}
