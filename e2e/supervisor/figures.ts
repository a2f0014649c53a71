/**
 * Measures the supervisor alone: crash to restarted beside bare Node in the same run, start of 100
 * services, CPU and memory with 500. `node tools/run.mjs e2e/supervisor/figures.ts [count] [idle s]`
 */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { readProcessStat } from '@fettle/proc/process-stat';
import { readOwnRssBytes } from '@fettle/proc/machine';
import { connectSupervisor } from '@fettle/sdk/daemon/supervisor-client';
import { recordedPids } from '@fettle/sdk/daemon/birth-record';
import { poll, service, testDaemon } from './daemon.ts';

const rounds = 60;
const count = Number(process.argv[2] ?? 500);
const idleSeconds = Number(process.argv[3] ?? 30);

/** Kill to the new pid, as the parent of a bare child sees it. */
async function bareRestartsMs(): Promise<number[]> {
  const times: number[] = [];
  const options = { detached: true, stdio: 'ignore' } as const;
  let child = spawn('sleep', ['1000'], options);
  for (let round = 0; round < rounds; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const startedMs = performance.now();
    await new Promise<void>((resolve) => {
      child.once('exit', () => {
        child = spawn('sleep', ['1000'], options);
        child.once('spawn', resolve);
      });
      child.kill('SIGKILL');
    });
    times.push(performance.now() - startedMs);
  }
  child.kill('SIGKILL');
  return times;
}

/** Kill to the notice with the new pid, as a client of the socket sees it. */
async function restartsMs(): Promise<number[]> {
  const daemon = testDaemon();
  const times: number[] = [];
  try {
    await daemon.start();
    // A crash loop is not what is measured: each crash counts as the first.
    const intensity = { count: 10_000, periodMs: 1, backoff: { baseMs: 1, maxMs: 1 } };
    let pid = 0;
    let told: (() => void) | null = null;
    const socketPath = (): string => daemon.paths.supervisorSocket;
    const watcher = await connectSupervisor({
      socketPath,
      client: 'figures',
      onPush: ({ notice }) => {
        const { view } = notice as { view?: { pid: number | null } };
        if (view === undefined || view.pid === null || view.pid === pid) return;
        pid = view.pid;
        told?.();
      },
    });
    await daemon.apply([service('one', { intensity })]);
    await poll('first start', 5_000, () => (pid > 0 ? pid : null));
    for (let round = 0; round < rounds; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const startedMs = performance.now();
      await new Promise<void>((resolve) => {
        told = resolve;
        process.kill(pid, 'SIGKILL');
      });
      times.push(performance.now() - startedMs);
    }
    watcher.close();
  } finally {
    await daemon.end();
  }
  return times;
}

async function bareStartsMs(services: number): Promise<number> {
  const startedMs = performance.now();
  const children = Array.from({ length: services }, () =>
    spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }),
  );
  await Promise.all(
    children.map((child) => new Promise((resolve) => child.once('spawn', resolve))),
  );
  const tookMs = performance.now() - startedMs;
  for (const child of children) child.kill('SIGKILL');
  return tookMs;
}

async function many(services: number): Promise<Record<string, number>> {
  const daemon = testDaemon();
  try {
    const child = await daemon.start();
    const names = Array.from({ length: services }, (_, at) => `s${at}`);
    const startedMs = performance.now();
    await daemon.apply(names.map((name) => service(name)));
    // Counted from outside: asking for snapshots would grow the heap that is measured.
    const started = (): number => recordedPids(daemon.paths.runsDir).length;
    await poll('all up', 60_000, () => (started() === services ? true : null));
    const startMs = performance.now() - startedMs;
    const pid = child.pid ?? 0;
    // V8 collects once more some ten seconds after a burst: that is not idling.
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    const before = cpuSecondsOf(pid);
    await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1_000));
    const cpuSeconds = cpuSecondsOf(pid) - before;
    const after = readProcessStat(pid);
    const stopMs = performance.now();
    const left = await daemon.end();
    return {
      services,
      startMs: Math.round(startMs),
      idleCpuSecondsPerMinute: Math.round((cpuSeconds * 60_000) / idleSeconds) / 1_000,
      rssMiB: Math.round((after?.rssBytes ?? 0) / 1_048_576),
      stopMs: Math.round(performance.now() - stopMs),
      left,
    };
  } finally {
    await daemon.end();
  }
}

/** All threads, in nanoseconds of the scheduler: clock ticks are too coarse for an idle process. */
function cpuSecondsOf(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8');
    nanoseconds += Number(text.split(' ')[0]);
  }
  return nanoseconds / 1e9;
}

function summary(times: readonly number[]): Record<string, number> {
  const sorted = times.toSorted((left, right) => left - right);
  const at = (share: number): number =>
    Math.round((sorted[Math.floor((sorted.length - 1) * share)] ?? 0) * 100) / 100;
  return { medianMs: at(0.5), p95Ms: at(0.95), worstMs: at(1) };
}

const load = readFileSync('/proc/loadavg', 'utf8').trim();
const own = await restartsMs();
const bare = await bareRestartsMs();
const results = {
  load,
  node: process.version,
  ownRssMiB: Math.round(readOwnRssBytes() / 1_048_576),
  crashToRestarted: summary(own),
  bareRespawn: summary(bare),
  bareStartOf100Ms: Math.round(await bareStartsMs(100)),
  start100: await many(100),
  [`many${count}`]: await many(count),
};
console.log(JSON.stringify(results, null, 2));
