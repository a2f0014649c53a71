/** What each descriptor of the processes points at: a leak shows by its many equals. */
import { listOpenFiles } from '@fettle/proc/open-files';
import { pidsOfRun } from '../../health/hang-sample.ts';
import type { EvidenceKind } from './evidence-kind.ts';

const maxProcesses = 16;
const maxFiles = 4_096;

export const fds: EvidenceKind = {
  what: 'fds',
  gather({ views }) {
    const text = views.flatMap((view) => [
      `== ${view.instance}`,
      ...pidsOfRun(view).slice(0, maxProcesses).flatMap(describe),
    ]);
    return Promise.resolve(text.join('\n'));
  },
};

function describe(pid: number): readonly string[] {
  const files = listOpenFiles(pid, maxFiles);
  if (files === null) return [`pid ${pid}: not readable`];
  const kinds = new Map<string, number>();
  for (const { target } of files) {
    const kind = target.replace(/:\[\d+\]$/, '');
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const most = [...kinds].toSorted(([, one], [, other]) => other - one);
  return [`pid ${pid}: ${files.length} open`, ...most.map(([kind, count]) => `  ${count} ${kind}`)];
}
