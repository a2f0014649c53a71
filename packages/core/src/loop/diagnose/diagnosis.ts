/**
 * The cause that explains symptoms, as far as the evidence goes, with what speaks for and against.
 * The classes are those of the design's fault table; each has a right remedy and a tempting one.
 */
import type { Evidence } from '../collect/evidence.ts';

export const diagnosisClasses = [
  'crash',
  'crash_loop',
  'poison_input',
  'bad_config',
  'missing_env',
  'missing_module',
  'oom_killed',
  'mem_leak',
  'heap_exhausted',
  'fd_leak',
  'thread_leak',
  'hang',
  'deadlock',
  'event_loop_block',
  'stopped',
  'zombies',
  'cpu_own_hot_loop',
  'cpu_own_threads',
  'cpu_noisy_neighbour',
  'port_conflict_foreign',
  'port_conflict_orphan',
  'orphan_serving',
  'config_drift',
  'cert_expired',
  'cert_expiring',
  'auth_secret_mismatch',
  'clock_skew',
  'disk_full',
  'inode_exhaustion',
  'deleted_open_file',
  'readonly_fs',
  'log_flood',
  'db_down',
  'db_hung',
  'db_slow',
  'db_lock_contention',
  'pool_leak',
  'db_max_connections',
  'dependency_down',
  'net_refused_policy',
  'net_blackhole',
  'link_latency',
  'link_resets',
  'proxy_fault',
  'dns_failure',
  'ws_reconnect_herd',
  'overload_retry_storm',
  'gray_failure',
  'probe_broken',
  'flapping',
  'worker_stuck',
  'bridge_peer_down',
  'bridge_half_open',
  'bridge_config_mismatch',
  'bridge_exec_missing',
  'constraint_broken',
  'unknown',
] as const;
export type DiagnosisClass = (typeof diagnosisClasses)[number];

/** Class-specific facts for the runbook: `port`, `pid`, `path`, `host`, `peer`, `link`, … */
export type Params = Readonly<Record<string, string | number | boolean>>;

/** What one rule says of one service. */
export type Verdict = Readonly<{
  class: DiagnosisClass;
  /** The service (or `@host`, `@disk:/x`) to act on: where the cause sits. */
  target: string;
  /** 0-1. */
  confidence: number;
  /** One sentence, at most 160 characters. */
  sentence: string;
  for: readonly Evidence[];
  against: readonly Evidence[];
  params: Params;
}>;

export type Diagnosis = Verdict &
  Readonly<{
    id: string;
    incidentId: string;
    /** The rule that decided; `classifier` when no rule did. */
    ruleId: string;
    symptomIds: readonly string[];
    /** Services that suffer from it without being its cause. */
    affected: readonly string[];
    /** Other causes considered, best first, odds 0-1; together with this one at most 1. */
    others: readonly Readonly<{ class: DiagnosisClass; target: string; odds: number }>[];
    /** What it looked like in the classifier's words; absent: not noted. */
    signs?: readonly string[];
    atMs: number;
  }>;
