/**
 * The run log: the supervisor's own memory, appended before and after each act, folded at start.
 *
 * One JSON object a line in `.fettle/run.log`. A torn last line is tolerated; no fsync is needed,
 * because a new boot id voids every pid.
 */
import type { RunExit, RunToken, StartReason } from './run.ts';

export type RunLogEntry =
  /** First line of each daemon. A boot id other than the current one voids pids before it. */
  | Readonly<{ kind: 'daemon'; epoch: string; bootId: string; atMs: number }>
  /** Written before the spawn. */
  | Readonly<{
      kind: 'intent';
      token: RunToken;
      instance: string;
      port: number | null;
      configHash: string;
      reason: StartReason;
      /** Monotonic and wall ms. */
      nowMs: number;
      atMs: number;
      /** True when started inside a crash loop; absent means false. */
      crashLoop?: boolean;
      /** True for a container, which no scan of /proc finds; absent means false. */
      container?: boolean;
    }>
  /** `startTicks`: field 22 of /proc/PID/stat, guards against a reused pid. */
  | Readonly<{ kind: 'started'; token: RunToken; shimPid: number; startTicks: number }>
  | Readonly<{ kind: 'ended'; token: RunToken; exit: RunExit }>
  /** What people asked for; survives the daemon. */
  | Readonly<{
      kind: 'wanted';
      service: string;
      wanted: 'running' | 'stopped';
      replicas: number;
      actor: string;
    }>
  | Readonly<{ kind: 'port'; instance: string; port: number }>
  /** Counters cleared, wanted running again, a finished job may run again. */
  | Readonly<{ kind: 'reset'; service: string }>
  /** A run survived a full period in good health: the crash loop is over. */
  | Readonly<{ kind: 'settled'; instance: string }>
  | DueEntry
  /** Written by compaction in place of an instance's older entries. */
  | Readonly<{
      kind: 'history';
      instance: string;
      restarts: number;
      restartsByReason: Readonly<Partial<Record<StartReason, number>>>;
    }>;

/**
 * What was decided about a moment of a schedule, before it was done; all moments up to `dueMs` have
 * been dealt with. `opened`: the schedule is watched from here on. `held`: it runs after the run
 * that is there.
 */
export type DueEntry = Readonly<{
  kind: 'due';
  service: string;
  dueMs: number;
  did: 'opened' | 'run' | 'held' | 'skipped' | 'missed';
  /** With `run`: the moment that is run; else one that still waits for its turn. Absent: none. */
  heldMs?: number;
  atMs: number;
}>;
