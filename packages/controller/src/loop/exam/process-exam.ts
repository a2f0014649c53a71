/**
 * The processes of a service at two moments 200 ms apart: what each uses, by how many threads, and
 * what it waits in. Nothing is sent to them.
 */
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { conceal } from '../../conceal.ts';
import type { ProcessExam } from '@fettle/core/loop/collect/exam';
import { readProcessLimits } from '@fettle/proc/machine';
import { countOpenFiles } from '@fettle/proc/open-files';
import { readCommand, readRunToken } from '@fettle/proc/process-command';
import { readProcessStat, ticksPerSecond, type ProcessStat } from '@fettle/proc/process-stat';
import { readThreadTicks, waitChannel } from '@fettle/proc/threads';
import type { ExamContext } from './exam-context.ts';

const lookMs = 200;
const maxProcesses = 32;
const busyCores = 0.5;

/** On a crowded machine a thread that never waits gets less than it wants. */
function busyFrom(): number {
  const crowd = (loadavg()[0] ?? 0) / availableParallelism();
  return busyCores / Math.max(1, crowd);
}

type Sample = Readonly<{ stat: ProcessStat; threads: ReadonlyMap<number, number> }>;

export async function examineProcesses({
  views,
  pids: byInstance,
  deps,
}: ExamContext): Promise<readonly ProcessExam[]> {
  const pids = views
    .flatMap(({ instance }) => byInstance.get(instance) ?? [])
    .slice(0, maxProcesses);
  if (pids.length === 0) return [];
  const beganMs = performance.now();
  const before = new Map(pids.map((pid) => [pid, sample(pid)]));
  await delay(lookMs);
  const seconds = (performance.now() - beganMs) / 1_000;
  const tokens = new Set(deps.link.instances().map(({ token }) => token));
  return pids.flatMap((pid): ProcessExam[] => {
    const after = sample(pid);
    const earlier = before.get(pid) ?? null;
    if (after === null) return [];
    const token = readRunToken(pid);
    const ours = token !== null && tokens.has(token);
    return [{ ...described(after), ...used(earlier, after, seconds), ours }];
  });
}

function sample(pid: number): Sample | null {
  const stat = readProcessStat(pid);
  return stat === null ? null : { stat, threads: readThreadTicks(pid) ?? new Map() };
}

function described({ stat }: Sample) {
  const { pid, state, threads, rssBytes, nice } = stat;
  return {
    pid,
    command: conceal(readCommand(pid, 200) ?? stat.name),
    state,
    waitsIn: state === 'R' ? null : waitChannel(pid),
    threads,
    fds: countOpenFiles(pid),
    fdLimit: readProcessLimits(pid)?.openFiles.soft ?? null,
    rssBytes,
    nice,
  };
}

/** A thread or process that the first look did not see was born since: all its time counts. */
function used(
  before: Sample | null,
  after: Sample,
  seconds: number,
): Pick<ProcessExam, 'cpu' | 'busyThreads'> {
  const same = before?.stat.startTicks === after.stat.startTicks ? before : null;
  const ticks = ({ stat }: Sample): number => stat.userTicks + stat.systemTicks;
  const cores = (spent: number): number => Math.max(0, spent) / ticksPerSecond / seconds;
  const enough = busyFrom();
  let busyThreads = 0;
  for (const [tid, spent] of after.threads)
    if (cores(spent - (same?.threads.get(tid) ?? 0)) > enough) busyThreads += 1;
  return { cpu: cores(ticks(after) - (same === null ? 0 : ticks(same))), busyThreads };
}
