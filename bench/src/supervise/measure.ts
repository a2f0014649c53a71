/** The measurements: each takes a target through one scenario and returns raw figures. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { listenForAnnouncements, type Announcements } from './announcements.ts';
import type { Running, Target } from './target.ts';
import { cpuSeconds, proportionalMiB, residentMiB } from './usage.ts';

const startTimeoutMs = 120_000;
const restartTimeoutMs = 20_000;
/** After it what a start leaves to be done (first looks, charts, compiled code) is done. */
const settleMs = 60_000;

async function withTarget<T>(
  target: Target,
  count: number,
  measure: (running: Running, heard: Announcements, upMs: number) => Promise<T>,
): Promise<T & { stopMs: number }> {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-bench-'));
  const heard = listenForAnnouncements(join(dir, 'began'));
  const startedMs = performance.now();
  const began = heard.next(count, startTimeoutMs);
  const running = await target.start({ dir, fifo: join(dir, 'began'), count });
  const all = await began;
  const upMs = Math.max(...all.map((one) => one.atMs)) - startedMs;
  try {
    const result = await measure(running, heard, upMs);
    const stoppingMs = performance.now();
    await running.stop();
    return { ...result, stopMs: performance.now() - stoppingMs };
  } finally {
    heard.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * From the start command to the last of `count` services having begun: `upMs` with nothing there
 * before, `warmMs` with the daemon running (NaN where there is none); and how long stop takes.
 */
export async function startAndStop(target: Target, count: number) {
  return withTarget(target, count, async ({ services }, heard, upMs) => {
    if (services === null) return { upMs, warmMs: Number.NaN };
    await services.stop();
    // What follows a stop (looking for leftovers) is not a start.
    await pause(3_000);
    const began = heard.next(count, startTimeoutMs);
    const startedMs = performance.now();
    const starting = services.start();
    const warmMs = Math.max(...(await began).map((one) => one.atMs)) - startedMs;
    await starting;
    return { upMs, warmMs };
  });
}

/** From `kill -9` to the next life's first instruction, once per service. Milliseconds, raw. */
export async function crashToRestarted(target: Target, count: number) {
  return withTarget(target, count, async (_running, heard) => {
    // Let the start-up settle, so that only the restart is measured.
    await pause(3_000);
    const samplesMs: number[] = [];
    for (const [index, pid] of new Map(heard.pids)) {
      const killedMs = performance.now();
      process.kill(pid, 'SIGKILL');
      const again = (await heard.next(1, restartTimeoutMs))[0];
      if (again?.index !== index)
        throw new RangeError(`service ${index} was killed, ${again?.index} began`);
      samplesMs.push(again.atMs - killedMs);
      // One crash at a time: what others do about the last one is not this one's restart.
      await pause(200);
    }
    return { samplesMs };
  });
}

/** CPU seconds per minute and memory while nothing happens. */
export async function idle(target: Target, count: number, forMs: number) {
  return withTarget(target, count, async (running) => {
    await pause(settleMs);
    const daemons = running.daemons();
    const shims = running.shims();
    const before = daemons.map((pid) => cpuSeconds([pid]));
    const shimsBefore = cpuSeconds(shims);
    await pause(forMs);
    const perMinute = 60_000 / forMs;
    return {
      cpuSecondsPerMinute: daemons.map(
        (pid, at) => (cpuSeconds([pid]) - (before[at] ?? 0)) * perMinute,
      ),
      shimCpuSecondsPerMinute: (cpuSeconds(shims) - shimsBefore) * perMinute,
      residentMiB: daemons.map(residentMiB),
      shimsMiB: proportionalMiB(shims),
    };
  });
}
