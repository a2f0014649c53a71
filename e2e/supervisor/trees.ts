/** Trees that are hard to end: background children, children in sessions of their own, deaf ones. */
import { readArguments } from '@fettle/proc/process-command';
import { listProcesses } from '@fettle/proc/process-tree';
import type { Service } from '@fettle/core/stack/service';
import { poll, service, testDaemon } from './daemon.ts';

/** `mark`: an odd number of seconds that names all sleeps of one stack. */
const shapes: readonly ((mark: string) => string)[] = [
  (mark) => `sleep ${mark} & sleep ${mark} & exec sleep ${mark}`,
  (mark) => `setsid sleep ${mark} & exec sleep ${mark}`,
  (mark) => `setsid sh -c "setsid sleep ${mark} & sleep ${mark}" & exec sleep ${mark}`,
  (mark) => `trap "" TERM INT HUP; setsid sleep ${mark} & while :; do sleep ${mark}; done`,
  (mark) => `env -i /bin/sh -c "sleep ${mark} & sleep ${mark}" & exec sleep ${mark}`,
];

export type TreeReport = Readonly<{
  trees: number;
  processes: number;
  leftAfterCrash: number;
  leftAfterStop: number;
  crashTookMs: number;
  stopTookMs: number;
}>;

/**
 * Starts `count` trees, crashes half of them by killing their first process, and stops the rest.
 * A crashed tree's service is a job, so that nothing of it may run afterwards.
 */
export async function endTrees(count: number): Promise<TreeReport> {
  const mark = `${100_000 + (process.pid % 10_000)}.5`;
  const daemon = testDaemon();
  try {
    await daemon.start();
    const half = Math.floor(count / 2);
    const services = Array.from({ length: count }, (_, at): Service => {
      const text = shapes[at % shapes.length]?.(at < half ? `${mark}1` : `${mark}2`) ?? '';
      const command = ['/bin/sh', '-c', text];
      const job = { oneShot: true, restart: 'no' } as const;
      return service(`tree-${at}`, { command, stopGraceMs: 300, ...(at < half ? job : {}) });
    });
    await daemon.apply(services);
    const wanted = services.length * 2;
    await poll('trees grown', 20_000, () => (marked(mark).length >= wanted ? true : null));
    const views = await daemon.until('pids', (all) => all.every(({ pid }) => pid !== null));
    const processes = marked(mark).length;
    const crashMs = performance.now();
    for (const { service: name, pid } of views)
      if (Number(name.slice(5)) < half && pid !== null) process.kill(pid, 'SIGKILL');
    await settled(() => marked(`${mark}1`).length, 1_500);
    const crashTookMs = Math.round(performance.now() - crashMs);
    const leftAfterCrash = marked(`${mark}1`).length;
    const stopMs = performance.now();
    await daemon.end();
    const stopTookMs = Math.round(performance.now() - stopMs);
    const leftAfterStop = marked(mark).length;
    return { trees: count, processes, leftAfterCrash, leftAfterStop, crashTookMs, stopTookMs };
  } finally {
    await daemon.end();
    for (const pid of marked(mark)) process.kill(pid, 'SIGKILL');
  }
}

/** Sleeps whose time starts with `mark`. */
function marked(mark: string): number[] {
  return [...listProcesses().keys()].filter((pid) =>
    readArguments(pid)?.some((word) => word.startsWith(mark)),
  );
}

async function settled(count: () => number, timeoutMs: number): Promise<void> {
  await poll('nothing left', timeoutMs, () => (count() === 0 ? true : null)).catch(() => null);
}
