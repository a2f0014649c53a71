/** A run as the shell knows it: which processes carry it, and how far its end has come. */
import type { ChildProcess } from 'node:child_process';
import { isWatched, type HeldLimit } from '@fettle/core/supervise/held-limit';

export type LiveRun = {
  readonly token: string;
  readonly instance: string;
  readonly host: string;
  readonly port: number | null;
  /** Limits that nobody but the sweep looks at. */
  readonly watched: Readonly<{ memory: boolean; processes: boolean }>;
  /** Who holds it to each of its limits. */
  readonly held: readonly HeldLimit[];
  /** null: a launcher was asked to start it, and it is not born yet or was gone at once. */
  shimPid: number | null;
  /** Start ticks guard against a reused pid; null: not read. */
  shimTicks: number | null;
  pid: number | null;
  pidTicks: number | null;
  /** null: adopted from a former daemon, or the child of a launcher. */
  readonly child: ChildProcess | null;
  /** False: asked of a launcher, and no sign of it yet. */
  born: boolean;
  ended: boolean;
  /** Told once; the policy decides. */
  theftTold: boolean;
  /** Inodes of the listeners found to be ours at the last look, to skip the next. */
  attested: string;
};

/** What the sweep has to look at. */
export function watchedOf(held: readonly HeldLimit[]): LiveRun['watched'] {
  return { memory: isWatched(held, 'memory'), processes: isWatched(held, 'processes') };
}
