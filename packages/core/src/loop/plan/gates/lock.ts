/** One run at a time on a target and on a key, and few at once; waiting and paused runs count. */
import type { Gate } from '../gate-input.ts';

const lookAgainMs = 5_000;

export const lock: Gate = {
  name: 'lock',
  ask: ({ runId, rails, targets, dedupe, policy, nowMs }) => {
    const others = rails.holds.filter((hold) => hold.runId !== runId);
    const stop = { kind: 'wait', untilMs: nowMs + lookAgainMs, gate: 'lock' } as const;
    const holder = others.find(
      (hold) => hold.dedupe === dedupe || hold.targets.some((target) => targets.includes(target)),
    );
    if (holder !== undefined)
      return { text: `${holder.runId} holds ${holder.targets.join(', ')}`, stop };
    if (others.length >= policy.concurrentRuns)
      return {
        text: `${others.length} runs are under way, at most ${policy.concurrentRuns}`,
        stop,
      };
    return { text: 'nothing else acts on it', stop: null };
  },
};
