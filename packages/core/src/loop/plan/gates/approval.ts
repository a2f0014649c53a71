/** What a person must say yes to, whatever was earned: by the runbook's word, or from high risk on. */
import type { Gate } from '../gate-input.ts';

export const approval: Gate = {
  name: 'approval',
  ask: ({ step, runbook, risk, approvalWhen, approvedBy, policy, nowMs }) => {
    const because = step.approvalRequired
      ? `step ${step.id} wants a yes`
      : approvalWhen
        ? `the runbook wants a yes: ${runbook.approval.when?.text ?? 'its condition holds'}`
        : risk === 'high' || risk === 'critical'
          ? `the risk is ${risk}`
          : null;
    if (because === null) return { text: 'no yes is needed', stop: null };
    if (approvedBy !== null) return { text: `${because}; ${approvedBy} said yes`, stop: null };
    const untilMs = nowMs + (runbook.approval.timeoutMs ?? policy.approvalMs);
    return { text: because, stop: { kind: 'approve', untilMs } };
  },
};
