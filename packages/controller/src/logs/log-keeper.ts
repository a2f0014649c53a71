/**
 * Decides when logs are rotated and when old ones go: after growth, and once a minute where a pass
 * over all of them is cheap. One job at a time, since all of them load the same disk.
 */
import { stat } from 'node:fs/promises';
import { holePunch } from './hole-punch.ts';
import type { LogBounds } from './log-bounds.ts';
import { listInstances, listTokens, runFiles, type RunFiles } from './log-folder.ts';
import { missingSpace, retain, type LogLimits, type RetentionMemory } from './retention.ts';
import { rotation, type Rotation } from './rotation.ts';
import type { RunFacts } from './run-facts.ts';

const SWEEP_MS = 60_000;
/** Sweeps may take this share of one core; a disk that runs full does not wait for its turn. */
const SWEEP_SHARE = 1 / 2_500;

export type LogKeeper = Readonly<{
  released: Rotation['released'];
  /** `size`: end of what is indexed. */
  grown(run: RunFiles, size: number): void;
  /** Brings what a crash left into order. */
  recover(): Promise<void>;
  /** Applies the bounds now. */
  sweep(): Promise<void>;
  /** Compresses all that is indexed of these instances and gives its space back. */
  rotateNow(instances: readonly string[]): Promise<Rotated>;
  /** Waits for the job under way. */
  stop(): Promise<void>;
}>;

/** `bytes`: what the live files gave back to the file system. */
export type Rotated = Readonly<{ segments: number; bytes: number }>;

export type KeeperOptions = Readonly<{
  logsDir: string;
  limits: LogLimits;
  facts: RunFacts;
  now: () => number;
  isOpen: (token: string) => boolean;
  bounds: LogBounds;
  /** A job failed (disk full, no permission); it is tried again later. */
  onTrouble: (cause: unknown) => void;
}>;

export function logKeeper(options: KeeperOptions): LogKeeper {
  const { logsDir, limits, facts, now, isOpen } = options;
  const boundOf = (service: string): number | null => options.bounds.of(service)?.bytes ?? null;
  const punch = holePunch(logsDir);
  const rotating = rotation({ segmentBytes: limits.segmentBytes, punch });
  const rotatedTo = new Map<string, number>();
  const queued = new Set<string>();
  const memory: RetentionMemory = new Map();
  let jobs: Promise<void> = Promise.resolve();
  let stopped = false;

  const enqueue = (job: () => Promise<void>): Promise<void> => {
    jobs = jobs.then(async () => {
      if (stopped) return;
      try {
        await job();
      } catch (cause) {
        options.onTrouble(cause);
      }
    });
    return jobs;
  };
  const order = facts.order.bind(facts);
  const sweepNow = async (): Promise<void> => {
    await retain({ logsDir, limits, now, isOpen, order, boundOf, memory });
    if (punch.works()) return;
    for (const instance of listInstances(logsDir))
      for (const token of order(instance, listTokens(logsDir, instance)).slice(0, -1))
        if (!isOpen(token)) await rotating.retire(runFiles(logsDir, instance, token));
  };
  let nextSweepMs = 0;
  const sweepInTurn = async (): Promise<void> => {
    const startMs = performance.now();
    if (startMs < nextSweepMs && (await missingSpace(logsDir, limits.freeBytes)) <= 0) return;
    await sweepNow();
    const endMs = performance.now();
    nextSweepMs = endMs + (endMs - startMs) / SWEEP_SHARE;
  };
  const timer = setInterval(() => void enqueue(sweepInTurn), SWEEP_MS).unref();
  return {
    released: rotating.released,
    grown(run, size) {
      const from = rotatedTo.get(run.token) ?? 0;
      if (size - from < limits.segmentBytes || queued.has(run.token) || !punch.works()) return;
      queued.add(run.token);
      void enqueue(async () => {
        queued.delete(run.token);
        const count = await rotating.rotate(run);
        rotatedTo.set(run.token, rotating.released(run.token));
        if (count > 0) await retain({ logsDir, limits, now, isOpen, order, boundOf, memory });
      });
    },
    recover: () =>
      enqueue(async () => {
        for (const instance of listInstances(logsDir))
          for (const token of listTokens(logsDir, instance)) {
            await rotating.recover(runFiles(logsDir, instance, token));
            rotatedTo.set(token, rotating.released(token));
          }
      }),
    sweep: () => enqueue(sweepNow),
    async rotateNow(instances) {
      const done = { segments: 0, bytes: 0 };
      await enqueue(async () => {
        for (const instance of instances)
          for (const token of listTokens(logsDir, instance)) {
            const run = runFiles(logsDir, instance, token);
            const before = await diskBytes(run.spool);
            done.segments += await rotating.rotate(run, true);
            rotatedTo.set(token, rotating.released(token));
            done.bytes += Math.max(0, before - (await diskBytes(run.spool)));
          }
      });
      return done;
    },
    async stop() {
      clearInterval(timer);
      await jobs;
      stopped = true;
      punch.stop();
    },
  };
}

async function diskBytes(file: string): Promise<number> {
  const found = await stat(file).catch(() => null);
  return found === null ? 0 : found.blocks * 512;
}
