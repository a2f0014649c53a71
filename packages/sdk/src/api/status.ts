/** `GET /api/v1/status` and `fettle status --json`: schema `fettle.status/v1`. */

/**
 * The one word for a service. `degraded`: works, an optional part is missing. `affected`: fine
 * itself, waits for a failing dependency.
 */
export type State =
  | 'starting'
  | 'ok'
  | 'degraded'
  | 'affected'
  | 'failing'
  | 'crash-loop'
  | 'healing'
  | 'stopped'
  | 'done'
  | 'unknown';

export type StatusDocument = Readonly<{
  schema: 'fettle.status/v1';
  stack: string;
  dir: string;
  /** One sentence about the whole stack. */
  summary: string;
  health: 'healthy' | 'degraded' | 'unhealthy' | 'unknown';
  services: readonly ServiceStatus[];
  /** A config file that was edited after it was applied; null: what runs is what is written. */
  configChanged: ConfigChange | null;
  daemon: DaemonStatus;
  /** RFC 3339. */
  at: string;
}>;

export type DaemonStatus = Readonly<{
  supervisorPid: number | null;
  controllerPid: number;
  /** Is the controller's view live? false: the supervisor is away, figures are from `at`. */
  supervisorConnected: boolean;
  version: string;
  url: string;
}>;

export type ServiceStatus = Readonly<{
  name: string;
  state: State;
  /** Of the first instance; null when nothing runs. */
  pid: number | null;
  port: number | null;
  /** Sum over instances since the last reset. */
  restarts: number;
  /** RFC 3339: when `state` began. */
  since: string;
  /** null when ok; else one sentence. */
  why: string | null;
  required: boolean;
  external: boolean;
  dependsOn: readonly string[];
  dependants: readonly string[];
  /** Resident bytes and CPU share (1 = one core) over all instances; null: not known. */
  memoryBytes: number | null;
  cpuRatio: number | null;
  /** Oldest first, at most 60: the last probe results. */
  lastChecks: readonly CheckMark[];
  configNewerThanProcess: boolean;
  labels: Readonly<Record<string, string>>;
  /**
   * Its replicas are being replaced one after another, or that was stopped; absent, null: neither.
   */
  rolling?: RollingStatus | null | undefined;
  /** It is run by the clock; absent, null: it is not. */
  schedule?: ScheduleStatus | null | undefined;
  instances: readonly InstanceStatus[];
}>;

/** Times are RFC 3339. */
export type ScheduleStatus = Readonly<{
  /** As it was written: five fields, or a word such as `@daily`. */
  cron: string;
  timezone: string;
  /** null: it is stopped, or never due. */
  nextAt: string | null;
  /** The moment of the last run, and when that run began; null: none yet. */
  lastDueAt: string | null;
  lastBeganAt: string | null;
  /** null: no run has ended yet, or one is under way. */
  lastEnd: ExitStatus | null;
  /** Moments that were missed, or skipped because a run was not over, since the daemon began. */
  missed: number;
  skipped: number;
  /** What is not as the schedule wants it; null: nothing. */
  alarm: string | null;
}>;

export type RollingStatus = Readonly<{
  phase: 'under-way' | 'stopped';
  /** `operator-restart` or `config-changed`. */
  reason: string;
  /** Replicas taken so far, of those that were to be replaced. */
  done: number;
  of: number;
  /** What stopped it; null while under way. */
  why: string | null;
  since: string;
}>;

export type ConfigChange = Readonly<{ file: string; at: string }>;

export type CheckMark = 'ok' | 'failed' | 'skipped';

export type InstanceStatus = Readonly<{
  name: string;
  replica: number;
  state: State;
  pid: number | null;
  port: number | null;
  /** True once its checks let it serve. */
  ready: boolean;
  restarts: number;
  since: string;
  startedAt: string | null;
  /** Why it was last started: `first-start`, `crash`, `hang`, `config-changed`, … */
  startReason: string | null;
  lastExit: ExitStatus | null;
  nextStartAt: string | null;
  waitingFor: readonly Readonly<{ service: string; condition: string }>[];
  memoryBytes: number | null;
  cpuRatio: number | null;
  /** Who holds it to each of its limits; absent: it has none. */
  limits?: readonly LimitStatus[] | undefined;
  checks: readonly CheckStatus[];
}>;

export type LimitStatus = Readonly<{
  limit: 'memory' | 'cpus' | 'processes' | 'open-files';
  /** Bytes, cores, tasks or files. */
  value: number;
  /** `watched`: nobody but Fettle, after a look every two seconds. */
  by: 'cgroup v2' | 'cgroup v1' | 'rlimit' | 'watched';
  /** Why the kernel does not hold it; null: it does. */
  why: string | null;
}>;

export type ExitStatus = Readonly<{
  code: number | null;
  signal: string | null;
  /** In words: `exit 1`, `137 (KILL or exit)`, `stopped by Fettle: config changed`. */
  text: string;
  endedBy: string | null;
  at: string;
}>;

export type CheckStatus = Readonly<{
  name: string;
  kind: string;
  role: string;
  up: boolean | null;
  flapping: boolean;
  /** It is asked and decides nothing for now. */
  silenced: boolean;
  required: boolean;
  attested: boolean | null;
  lastDetail: string | null;
  lastDurationMs: number | null;
  lastAt: string | null;
}>;
