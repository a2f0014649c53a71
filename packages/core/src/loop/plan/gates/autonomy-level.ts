/** May it act alone, ask, only suggest, or only look? See `autonomy.ts` for how it is earned. */
import { permits } from '../autonomy.ts';
import { isOn } from '../flags.ts';
import type { Gate } from '../gate-input.ts';

export const autonomyLevel: Gate = {
  name: 'autonomy',
  ask: (input) => {
    const { flags, targets, approvedBy, grant, policy, nowMs } = input;
    const off = targets.find((target) => !isOn(flags, 'recovery', target));
    if (off !== undefined)
      return { text: `recovery is switched off for ${off}`, stop: { kind: 'suggest' } };
    if (approvedBy !== null) return { text: `${approvedBy} said yes`, stop: null };
    const level = permits(input);
    const text = `${grant.autonomy}: ${grant.reason}`;
    if (level === 'act') return { text, stop: null };
    if (level === 'observe') return { text, stop: { kind: 'refuse', gate: 'autonomy' } };
    if (level === 'suggest') return { text, stop: { kind: 'suggest' } };
    return {
      text,
      stop: {
        kind: 'approve',
        untilMs: nowMs + (input.runbook.approval.timeoutMs ?? policy.approvalMs),
      },
    };
  },
};
