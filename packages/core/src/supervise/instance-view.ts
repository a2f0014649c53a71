/** What the supervisor tells others about an instance: plain data, the whole truth it has. */
import type { HookStage } from '../stack/hook.ts';
import type { PortAllocation, PortOwner } from '../stack/port.ts';
import type { HeldLimit } from './held-limit.ts';
import type { RollingView } from './rollout.ts';
import type { ScheduleView } from './plan-state.ts';
import type { RunExit, RunToken, StartReason } from './run.ts';

/**
 * - `waiting`: for dependencies (see `waitingFor`) or a port
 * - `starting`: spawned, readiness not yet known; `running`: up (ready says whether it may serve)
 * - `backing-off`: ended, next start at `nextStartAtMs`
 * - `crash-loop`: intensity exceeded; retried at the capped back-off, never silently given up
 * - `stopping`, `stopped`: by us; `done`: one-shot ended with success
 * - `failed`: one-shot failed, or spawn failed for good, or its exit is unknown
 * - `external`: not ours to run
 */
export type InstanceState =
  | 'waiting'
  | 'starting'
  | 'running'
  | 'backing-off'
  | 'crash-loop'
  | 'stopping'
  | 'stopped'
  | 'done'
  | 'failed'
  | 'external';

export type InstanceView = Readonly<{
  instance: string;
  service: string;
  /** From 1. */
  replica: number;
  state: InstanceState;
  /** When `state` began; epoch ms (wall clock). */
  sinceMs: number;
  token: RunToken | null;
  /** The service's own pid (not the shim's); null when not running or not yet known. */
  pid: number | null;
  shimPid: number | null;
  startedAtMs: number | null;
  startReason: StartReason | null;
  ready: boolean;
  port: PortAllocation | null;
  /** Restarts since `reset` or the first start, operators' own excluded. */
  restarts: number;
  /** Restarts by reason over the life of the stack, for metrics. */
  restartsByReason: Readonly<Partial<Record<StartReason, number>>>;
  lastExit: RunExit | null;
  /** Token of the last ended run: its spool still exists. */
  lastToken: RunToken | null;
  nextStartAtMs: number | null;
  /** Names of dependencies not yet satisfied, each with what is missing. */
  waitingFor: readonly Readonly<{ service: string; condition: string }>[];
  /** Optional dependencies that are down: the instance shows `degraded`. */
  missingOptional: readonly string[];
  spawnError: Readonly<{ code: string; message: string }> | null;
  /** The stage whose hooks hold up its start or its end; absent: none. */
  hook?: HookStage;
  /** The last refused port and its owner; null when the preferred one was free. */
  portTrouble: Readonly<{ port: number; owner: PortOwner }> | null;
  /** Hash of the service definition that the live run was started with. */
  configHash: string;
  /** Path of the live (or last) run's spool file; absolute. */
  spool: string | null;
  rssBytes: number | null;
  /** Who holds the live run to its limits. Absent: it has none, or an older daemon tells. */
  limits?: readonly HeldLimit[];
  /** Of its service: replicas are being replaced, or that was stopped. Absent, null: neither. */
  rolling?: RollingView | null;
  /** Of its service; absent: it is not run by the clock. */
  schedule?: ScheduleView;
}>;
