/**
 * One run: one life of one instance, named by its token.
 *
 * The token is in the process's environment (`FETTLE_RUN`), in the names of its exit record and
 * spool, and in the run log, so that any daemon can say whose process that is.
 */

/** `<epoch>-<count>`: the epoch names the daemon that started it. Files and env carry it. */
export type RunToken = string;

/**
 * How a run ended. A shell cannot tell `exit 137` from SIGKILL: `code` is what the shim saw
 * (128 + n for signal n), `posixSignal` the name that such a code may mean.
 */
export type RunExit = Readonly<{
  kind: 'code' | 'signal' | 'unknown';
  /** 0-255; null when unknown (no record: the shim was killed, too). */
  code: number | null;
  /** `SIGKILL` for 137; null for a plain code. */
  posixSignal: string | null;
  /** We ended it, and why; null: it ended by itself or somebody else ended it. */
  endedBy: EndReason | null;
  /** Wall clock, epoch ms. */
  atMs: number;
  /** The kernel killed of its tree because its memory limit was reached. Absent: not known. */
  outOfMemory?: boolean;
  /** Who ended it through a container engine, other than us; absent: nobody. */
  note?: ExitNote;
}>;

/** `…-elsewhere`: through the engine, by somebody else than us. */
export type ExitNote =
  | 'stopped-elsewhere'
  | 'killed-elsewhere'
  | 'removed-elsewhere'
  | 'restarted-elsewhere';

/** Why Fettle ended a run. */
export type EndReason =
  | 'operator-stop'
  | 'operator-restart'
  | 'config-changed'
  | 'dependency-restarted'
  | 'dependency-moved'
  | 'scaled-down'
  | 'removed'
  | 'hang'
  | 'memory-limit'
  | 'process-limit'
  | 'port-stolen'
  | 'hook-failed'
  | 'stack-down'
  | 'replaced'
  /** Its schedule's next run takes its place. */
  | 'next-run';

/** Why a run was started. The first start has `first-start`; others count as restarts. */
export type StartReason =
  | 'first-start'
  | 'operator-start'
  | 'crash'
  | 'unexpected-exit'
  | 'hang'
  | 'operator-restart'
  | 'config-changed'
  | 'dependency-restarted'
  | 'dependency-moved'
  | 'scaled-up'
  | 'memory-limit'
  | 'process-limit'
  | 'port-stolen'
  | 'hook-failed'
  | 'unknown-exit'
  | 'reset'
  | 'schedule';
