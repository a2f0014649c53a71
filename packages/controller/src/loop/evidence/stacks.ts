/** Every thread of the processes: what it waits in, its system call, its kernel stack. */
import { describeProcess } from '../../health/evidence-text.ts';
import { pidsOfRun } from '../../health/hang-sample.ts';
import type { EvidenceKind } from './evidence-kind.ts';

const maxProcesses = 16;

export const stacks: EvidenceKind = {
  what: 'stacks',
  gather({ views }) {
    const text = views.flatMap((view) => [
      `== ${view.instance}`,
      ...pidsOfRun(view)
        .slice(0, maxProcesses)
        .map((pid) => describeProcess(pid, null)),
    ]);
    return Promise.resolve(text.join('\n'));
  },
};
