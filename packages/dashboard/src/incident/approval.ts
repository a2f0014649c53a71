/** A person's yes or no to a run that asks; both name what would be done before they are sent. */
import type { RunDocument } from '@fettle/sdk/api/incidents';
import { api } from '../api.ts';
import { ask } from '../parts/confirm.tsx';

export function approve(run: RunDocument, onSaid: () => void): void {
  ask({
    title: `Approve ${run.runbook} on ${run.targets.join(', ')}`,
    text: `Step ${run.step}, ${run.risk} risk. It is proved on fresh data, and undone if it does not help.`,
    verb: 'Approve',
    act: async () => {
      await api.tellRun(run.id, 'approve');
      onSaid();
    },
  });
}

export function reject(run: RunDocument, onSaid: () => void): void {
  ask({
    title: `Reject ${run.runbook} on ${run.targets.join(', ')}`,
    text: 'The incident then waits for people.',
    verb: 'Reject',
    act: async () => {
      await api.tellRun(run.id, 'reject');
      onSaid();
    },
  });
}
