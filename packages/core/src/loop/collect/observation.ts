/**
 * What the shell saw, as plain data: the only way in which the world enters the loop.
 *
 * Log lines come redacted. Times are the loop's clock: epoch ms that never jumps while the
 * controller lives.
 */
import type { Answer } from '../../stack/health-state.ts';
import type { Stack } from '../../stack/service.ts';
import type { InstanceView } from '../../supervise/instance-view.ts';

import type { Change } from './change.ts';
import type { Evidence } from './evidence.ts';
import type { Sample } from './metric.ts';

export type Observation =
  | Readonly<{ kind: 'stack'; stack: Stack }>
  | Readonly<{ kind: 'instance'; view: InstanceView }>
  | Readonly<{ kind: 'instance-gone'; instance: string }>
  | CheckSeen
  /**
   * Figures of processes, host and disks, every 5 s. Rates of log lines, requests and posted errors
   * and `probe_ms` are not among them: `observe` makes those itself, and this is when it does.
   */
  | Readonly<{ kind: 'sampled'; atMs: number; samples: readonly Sample[] }>
  | LinesSeen
  /** What `why` says now; null: all is well. */
  | Readonly<{ kind: 'explained'; atMs: number; service: string; why: Explained | null }>
  | Readonly<{ kind: 'changed'; change: Change }>
  | Readonly<{ kind: 'process-states'; atMs: number; states: readonly ProcessStateSeen[] }>
  | Readonly<{ kind: 'connections'; atMs: number; edges: readonly EdgeSeen[] }>
  | ErrorSeen
  /** We ourselves stood still: what was due then tells nothing. */
  | Readonly<{ kind: 'own-pause'; fromMs: number; toMs: number }>
  /** An operator's intent, given through Fettle. */
  | Readonly<{ kind: 'intended'; atMs: number; service: string; want: 'up' | 'down' | 'restart' }>;

/** The answer of `why`, see `diagnose/why-input.ts`. */
export type Explained = Readonly<{
  sentence: string;
  /** Rule id, as in docs/why.md. */
  cause: string;
  confidence: number;
  evidence: readonly Evidence[];
}>;

export type CheckSeen = Readonly<{
  kind: 'checked';
  atMs: number;
  service: string;
  instance: string;
  check: string;
  role: 'liveness' | 'readiness' | 'both';
  /** This probe's result. */
  ok: boolean;
  /** The verdict over several; null: not yet decided. */
  up: boolean | null;
  detail: string;
  /** Did anything speak? Absent: told from the words of `detail`. */
  answer?: Answer;
  durationMs: number;
  attested: boolean | null;
  flapping: boolean;
  required: boolean;
}>;

export type LinesSeen = Readonly<{
  kind: 'lines';
  atMs: number;
  service: string;
  instance: string;
  lines: readonly string[];
  /** Lines and bytes that were not handed over because the budget was spent. */
  skippedLines: number;
  bytes: number;
}>;

/** `state` as in /proc/PID/stat: R S D T t Z. */
export type ProcessStateSeen = Readonly<{
  service: string;
  instance: string;
  pid: number;
  state: string;
  zombies: number;
}>;

/** Connections of a service to an address, by state of TCP. */
export type EdgeSeen = Readonly<{
  service: string;
  /** The service that listens there, when it is one of ours. */
  peer: string | null;
  host: string;
  port: number;
  established: number;
  synSent: number;
  closeWait: number;
}>;

/** One report to `POST /api/v1/errors`. */
export type ErrorSeen = Readonly<{
  kind: 'error-reported';
  atMs: number;
  service: string;
  fingerprint: string;
  message: string;
  release: string | null;
  count: number;
}>;
