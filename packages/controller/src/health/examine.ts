/**
 * Looks at a run that no longer answers, before anything is done about it: is it stopped, held by
 * a debugger, running in a loop, or waiting, and in what? Bounded to 5 s; nothing is sent to it.
 */
import type { Exam } from '@fettle/core/event';
import type { Finding } from '@fettle/core/stack/health-state';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { formatDuration } from '@fettle/sdk/duration';
import { isLive, readProcessStat, type ProcessStat } from '@fettle/proc/process-stat';
import { waitChannel } from '@fettle/proc/threads';
import { setTimeout as delay } from 'node:timers/promises';
import { keepEvidence } from './evidence-file.ts';
import { describeProcess } from './evidence-text.ts';
import { pidsOfRun, sampleRun, usedBetween, type HangSample } from './hang-sample.ts';

export type ExamOptions = Readonly<{
  view: InstanceView;
  check: string;
  finding: Finding;
  stateDir: string;
  /** Taken when the check first failed; null: one is taken now, for 250 ms. */
  before: HangSample | null;
  /** Last lines of the run; redacted. */
  lastLines: () => Promise<readonly string[]>;
}>;

const captureMs = 5_000;
const logMs = 1_000;
const freshSampleMs = 250;
const busyCores = 0.5;
/** On a crowded machine a loop gets less than it wants: runnable and this much will do. */
const crowdedCores = 0.05;

export async function examineRun(options: ExamOptions): Promise<Exam> {
  const stats = pidsOfRun(options.view).map(readProcessStat).filter(isLive);
  const state = stateOf(stats, options.view);
  if (state === 'gone') return { process: 'gone', verdict: 'it has ended', evidence: null };
  if (state === 'stopped') return { process: state, verdict: 'stopped (state T)', evidence: null };
  if (state === 'traced')
    return { process: state, verdict: 'held by a debugger (state t)', evidence: null };
  const before = options.before ?? (await firstSample(options.view));
  const after = sampleRun(options.view);
  const used = usedBetween(before, after);
  const verdict = verdictOf(used, options.view);
  const evidence = await within(
    captureMs,
    writeEvidence(options, { used, verdict, before, after }),
  );
  // The capture took time in which it may have ended or been stopped.
  const now = stateOf(pidsOfRun(options.view).map(readProcessStat).filter(isLive), options.view);
  return { process: now, verdict, evidence };
}

function stateOf(stats: readonly ProcessStat[], view: InstanceView): Exam['process'] {
  if (stats.length === 0) return 'gone';
  const main = stats.find(({ pid }) => pid === view.pid);
  const asked = main?.state === 'T' || main?.state === 't' ? [main] : stats;
  if (asked.some(({ state }) => state === 't')) return 'traced';
  return asked.some(({ state }) => state === 'T') ? 'stopped' : 'running';
}

async function firstSample(view: InstanceView): Promise<HangSample> {
  const sample = sampleRun(view);
  await delay(freshSampleMs);
  return sample;
}

type Used = ReturnType<typeof usedBetween>;

function verdictOf(used: Used, view: InstanceView): string {
  const [busiest] = used;
  if (busiest === undefined) return 'it has ended';
  const stat = readProcessStat(busiest.pid);
  const name = stat?.name ?? '?';
  const crowded = stat?.state === 'R' && busiest.cores >= crowdedCores;
  if (busiest.cores >= busyCores || crowded) {
    const percent = Math.round(busiest.cores * 100);
    return `busy loop: ${percent} % of a core in pid ${busiest.pid} (${name})`;
  }
  const pid =
    readProcessStat(view.pid ?? busiest.pid) === null ? busiest.pid : (view.pid ?? busiest.pid);
  const waits = waitChannel(pid);
  const where = waits === null ? 'somewhere the kernel does not tell' : waits;
  return `not running: pid ${pid} (${readProcessStat(pid)?.name ?? '?'}) waits in ${where}`;
}

type Facts = Readonly<{ used: Used; verdict: string; before: HangSample; after: HangSample }>;

async function writeEvidence(options: ExamOptions, facts: Facts): Promise<string | null> {
  const { view, check, finding, stateDir } = options;
  const at = new Date().toISOString();
  const lines =
    (await within(
      logMs,
      options.lastLines().catch(() => []),
    )) ?? [];
  const over = formatDuration(facts.after.atMs - facts.before.atMs);
  const coresOf = new Map(facts.used.map(({ pid, cores }) => [pid, cores]));
  const text = [
    `Fettle evidence, ${at}: ${view.instance} (run ${view.token})`,
    `check ${check}: ${finding.detail}`,
    `verdict: ${facts.verdict} (CPU measured over ${over})`,
    '',
    ...pidsOfRun(view).map((pid) => describeProcess(pid, coresOf.get(pid) ?? null)),
    '== last log lines',
    ...lines,
    '',
  ].join('\n');
  const stamp = at.replaceAll(/[:.]/g, '-');
  return keepEvidence(stateDir, `${stamp}-${view.instance}.txt`, text);
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T | null> {
  const abort = new AbortController();
  const late = delay(timeoutMs, null, { signal: abort.signal }).catch(() => null);
  try {
    return await Promise.race([work, late]);
  } finally {
    abort.abort();
  }
}
