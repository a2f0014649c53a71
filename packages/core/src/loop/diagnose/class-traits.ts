/**
 * What is to be known of each class when causes compete: how vague it is, and whether a deeper
 * failure produces the same picture.
 */
import type { DiagnosisClass } from './diagnosis.ts';

/** Of two causes at one target the less vague one speaks. Absent: 0, as specific as can be. */
const vague: Readonly<Partial<Record<DiagnosisClass, number>>> = {
  crash: 4,
  constraint_broken: 4,
  crash_loop: 3,
  flapping: 3,
  gray_failure: 3,
  worker_stuck: 2,
  hang: 2,
  dependency_down: 2,
  db_down: 2,
  bridge_peer_down: 2,
  db_hung: 1,
  db_slow: 1,
  mem_leak: 1,
  link_latency: 1,
  cpu_own_threads: 1,
  disk_full: 1,
  bad_config: 1,
};

export function vagueness(one: DiagnosisClass): number {
  return vague[one] ?? 0;
}

/** Seen from outside, somebody else's failure looks the same. */
const surface: ReadonlySet<DiagnosisClass> = new Set([
  'crash',
  'crash_loop',
  'hang',
  'deadlock',
  'event_loop_block',
  'dependency_down',
  'db_down',
  'db_hung',
  'db_slow',
  'db_lock_contention',
  'pool_leak',
  'link_latency',
  'link_resets',
  'net_blackhole',
  'net_refused_policy',
  'overload_retry_storm',
  'gray_failure',
  'probe_broken',
  'flapping',
  'worker_stuck',
  'constraint_broken',
  'bridge_peer_down',
  'bridge_half_open',
]);

export function isSurface(one: DiagnosisClass): boolean {
  return surface.has(one);
}
