/** A run as the shell knows it: which processes carry it, and how far its end has come. */
import type { ChildProcess } from 'node:child_process';

export type LiveRun = {
  readonly token: string;
  readonly instance: string;
  readonly host: string;
  readonly port: number | null;
  readonly memoryLimited: boolean;
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
