/**
 * What should run: the stack after the config file was read, interpolated and checked.
 *
 * Words and meanings are the Compose specification's wherever it has one. Everything is plain JSON
 * data: it crosses the sockets and is kept in `.fettle/stack.json` (mode 0600: values may be
 * secret).
 */
import type { Container } from './container.ts';
import type { ConfigFile, Constraint, HealLevel, HealWish, NotifyTarget } from './heal-wish.ts';
import type { GivenSecret } from './given-secret.ts';
import type { WatchRule } from './watch-rule.ts';
import type { Hooks } from './hook.ts';
import type { HealthCheck } from './health-check.ts';
import type { PortRequest } from './port.ts';
import type { Schedule } from './schedule.ts';

export type Stack = Readonly<{
  /** Compose's project name: lower case, digits, `-`, `_`. */
  name: string;
  /** Absolute folder of the config file; relative paths were resolved against it. */
  dir: string;
  /** Absolute paths of the files this was read from, in order of merging. */
  files: readonly string[];
  /** Newest modification time of `files`, epoch ms: tells "config newer than the process". */
  configModifiedAtMs: number;
  /** In order of the file; names are unique. */
  services: readonly Service[];
  /** Inclusive port ranges by service class (`x-…`/`ports.reserved`), kept from other classes. */
  reservedPorts: readonly ReservedRange[];
  /** Absent (of this and the next four): the config does not say. */
  heal?: HealWish;
  /** Share of services (0-1) by capability, see `loop/plan/flags.ts`. */
  selfHealing?: Readonly<Record<string, number>>;
  constraints?: readonly Constraint[];
  notify?: readonly NotifyTarget[];
  /** Every file of the top `configs:` and `secrets:`. */
  configs?: readonly ConfigFile[];
}>;

export type ReservedRange = Readonly<{ class: string; from: number; to: number }>;

export type Service = Readonly<{
  name: string;
  /**
   * argv; a string `command` became `['/bin/sh', '-c', text]` only when it needs a shell. Of a
   * container: what is given to its entry point, empty for the image's own.
   */
  command: readonly string[];
  /** Absolute. */
  workingDir: string;
  /** From `env_file` and `environment`, interpolated; what Fettle adds comes on top at spawn. */
  environment: Readonly<Record<string, string>>;
  dependsOn: readonly Dependency[];
  restart: RestartMode;
  /** True for a job that is meant to end: never restarted after success. */
  oneShot: boolean;
  /** `unsafe`: a one-shot whose exit is unknown goes to a person; `safe`: it is run again. */
  rerun: 'safe' | 'unsafe';
  intensity: RestartIntensity;
  /** Instances wanted at start; `scale` may move it within [minReplicas, maxReplicas]. */
  replicas: number;
  minReplicas: number;
  maxReplicas: number;
  /** null: the service asks for no port and gets no PORT. */
  port: PortRequest | null;
  /** Class for reserved port ranges; null: none. */
  portClass: string | null;
  /** Empty: state comes from the process alone. */
  healthChecks: readonly HealthCheck[];
  stopSignal: PosixSignal;
  stopGraceMs: number;
  limits: Limits;
  /**
   * Between the withdrawal of readiness and the stop signal while other replicas serve; absent: 1
   * s.
   */
  drainMs?: number;
  /** Absent: one replica after another, stopped before it is started. */
  rolling?: Rolling;
  /** Files rendered before each start from `${NAME}` variables of the instance's environment. */
  templates: readonly Template[];
  /** Absent: none. */
  hooks?: Hooks;
  /** Absent: it is given nothing of the top `secrets` and `configs`. */
  given?: readonly GivenSecret[];
  /** Absent: no file is watched. */
  watch?: readonly WatchRule[];
  /** An optional component's failure degrades the stack, never fails it. */
  required: boolean;
  /** Probed, never started or stopped; its port is where it listens. */
  external: boolean;
  /** Absent: it runs as a process. */
  container?: Container;
  /** Address of an external service; null otherwise. */
  externalUrl: string | null;
  labels: Readonly<Record<string, string>>;
  /** Absent: the stack's `heal`. */
  heal?: HealLevel;
  /** Absolute globs of files that a runbook may delete; absent: none. */
  cleanup?: readonly string[];
  /** Config and secret files that it reads; absent: none is known. */
  configs?: readonly ConfigFile[];
  /** Absolute paths of its `env_file`s, there or not; absent: none. */
  envFiles?: readonly string[];
  /** A job that is run by the clock; absent: it is not. */
  schedule?: Schedule;
  /** Where the service stands in the config file; line and column from 1. */
  place: Readonly<{ file: string; line: number; column: number }>;
}>;

/** `mode`: permissions of the file; absent: those of the template. */
export type Template = Readonly<{ from: string; to: string; mode?: number }>;

/** Compose's `depends_on`. */
export type Dependency = Readonly<{
  service: string;
  condition: 'service_started' | 'service_healthy' | 'service_completed_successfully';
  /** false: the dependant starts without it and shows `degraded`. */
  required: boolean;
  /** true: the dependant is restarted after Fettle restarted the dependency. */
  restart: boolean;
}>;

export type RestartMode = 'always' | 'on-failure' | 'no' | 'unless-stopped';

/** OTP's restart intensity: more than `count` restarts within `periodMs` is a crash loop. */
export type RestartIntensity = Readonly<{
  count: number;
  periodMs: number;
  backoff: Readonly<{ baseMs: number; maxMs: number }>;
}>;

/** How replicas are replaced by others: Compose's `deploy.update_config`. */
export type Rolling = Readonly<{
  /** So many at a time; 0: all at once. */
  parallelism: number;
  /** Between one being ready and the next being taken. */
  delayMs: number;
  /** How long a fresh one must stay ready; null: 1 s where it has no check, else nothing. */
  monitorMs: number | null;
  /** `start-first`: one more runs meanwhile, so that never fewer serve than are wanted. */
  order: 'stop-first' | 'start-first';
}>;

/** null: no limit of ours. */
export type Limits = Readonly<{
  memoryBytes: number | null;
  /** Cores; 0.5 is half a core. */
  cpus: number | null;
  openFiles: number | null;
  /** Processes and threads of its tree. */
  processes: number | null;
  /** Processes of its user altogether (`ulimits.nproc`); absent: no limit of ours. */
  userProcesses?: number;
}>;

export type PosixSignal =
  | 'SIGTERM'
  | 'SIGINT'
  | 'SIGQUIT'
  | 'SIGHUP'
  | 'SIGKILL'
  | 'SIGUSR1'
  | 'SIGUSR2'
  | 'SIGCONT'
  | 'SIGSTOP'
  | 'SIGWINCH';

/** `api.1`: replica numbers count from 1. */
export function instanceId(service: string, replica: number): string {
  return `${service}.${replica}`;
}
