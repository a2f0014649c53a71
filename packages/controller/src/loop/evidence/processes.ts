/** The processes of each instance: state, memory, limits, threads, niceness, command. */
import { readCommand, readWorkingDir, runningForMs } from '@fettle/proc/process-command';
import { countOpenFiles } from '@fettle/proc/open-files';
import { readProcessLimits } from '@fettle/proc/machine';
import { readProcessStat } from '@fettle/proc/process-stat';
import { readSmallText } from '@fettle/proc/small-file';
import { pidsOfRun } from '../../health/hang-sample.ts';
import type { EvidenceKind } from './evidence-kind.ts';

const maxProcesses = 32;

export const processes: EvidenceKind = {
  what: 'proc',
  gather({ views }) {
    const text = views.flatMap((view) => [
      `== ${view.instance}: ${view.state}, run ${view.token ?? 'none'}`,
      `restarts ${view.restarts}, last exit ${JSON.stringify(view.lastExit)}`,
      ...pidsOfRun(view).slice(0, maxProcesses).map(describe),
      '',
    ]);
    return Promise.resolve(text.join('\n'));
  },
};

function describe(pid: number): string {
  const stat = readProcessStat(pid);
  if (stat === null) return `pid ${pid}: gone`;
  const limits = readProcessLimits(pid);
  return [
    `pid ${pid} (${stat.name}) parent ${stat.ppid}: state ${stat.state}, nice ${stat.nice}`,
    `  command: ${readCommand(pid, 400) ?? 'not readable'}`,
    `  folder: ${readWorkingDir(pid) ?? 'not readable'}`,
    `  for ${String(runningForMs(pid))} ms; CPU ticks ${stat.userTicks} user, ${stat.systemTicks} system`,
    `  ${stat.rssBytes} bytes resident, ${stat.threads} threads`,
    `  open files ${String(countOpenFiles(pid))} of ${String(limits?.openFiles.soft)}`,
    ...memoryLines(pid),
  ].join('\n');
}

function memoryLines(pid: number): readonly string[] {
  const text = readSmallText(`/proc/${pid}/smaps_rollup`) ?? '';
  const lines = text
    .split('\n')
    .filter((line) => /^(Pss|Private_Dirty|Anonymous|Swap):/.test(line));
  return lines.map((line) => `  ${line.replaceAll(/\s+/g, ' ')}`);
}
