/** After an act of ours on a target its symptoms are our doing for a while, and start nothing. */
import { howLong } from '../../diagnose/words.ts';
import type { Gate } from '../gate-input.ts';

export const selfInflicted: Gate = {
  name: 'self-inflicted',
  ask: ({ runId, rails, targets, policy, nowMs }) => {
    for (const target of targets) {
      const act = rails.acts[target];
      if (act === undefined || act.runId === runId) continue;
      const untilMs = act.atMs + policy.selfInflictedMs;
      if (untilMs <= nowMs) continue;
      const text = `${act.action} of ours on ${target} was ${howLong(nowMs - act.atMs)} ago`;
      return { text, stop: { kind: 'wait', untilMs, gate: 'self-inflicted' } };
    }
    return { text: 'not of our own doing', stop: null };
  },
};
