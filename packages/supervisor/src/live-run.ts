/** A run as the shell knows it: which processes carry it, and how far its end has come. */
import type { ChildProcess } from 'node:child_process';

export type LiveRun = {
  readonly token: string;
  readonly instance: string;
  readonly host: string;
  readonly port: number | null;
  readonly memoryLimited: boolean;
  readonly shimPid: number | null;
  /** Start ticks guard against a reused pid; null: not read. */
  readonly shimTicks: number | null;
  pid: number | null;
  pidTicks: number | null;
  /** null: adopted from a former daemon. */
  readonly child: ChildProcess | null;
  ended: boolean;
  /** Told once; the policy decides. */
  theftTold: boolean;
  /** Inodes of the listeners found to be ours at the last look, to skip the next. */
  attested: string;
};
