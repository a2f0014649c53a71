/**
 * What is to be known of each class when causes compete: how vague it is, and whether a deeper
 * failure produces the same picture.
 */
import type { DiagnosisClass, Verdict } from './diagnosis.ts';

/** Of two causes at one target the less vague one speaks. Absent: 0, as specific as can be. */
const vague: Readonly<Partial<Record<DiagnosisClass, number>>> = {
  dependency_down: 6,
  crash: 5,
  constraint_broken: 5,
  crash_loop: 4,
  flapping: 4,
  gray_failure: 4,
  bridge_peer_down: 3,
  db_down: 3,
  db_slow: 3,
  hang: 2,
  worker_stuck: 2,
  probe_broken: 2,
  db_hung: 1,
  mem_leak: 1,
  link_latency: 1,
  overload_retry_storm: 1,
  cpu_own_hot_loop: 1,
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

/** These make callers wait; a wrong answer, and requests that are served as ever, are none of it. */
const slowing: ReadonlySet<DiagnosisClass> = new Set([
  'link_latency',
  'db_slow',
  'db_lock_contention',
  'overload_retry_storm',
  'cpu_noisy_neighbour',
]);

export function isSlowing(one: DiagnosisClass): boolean {
  return slowing.has(one);
}

/** They sit in the process, grow until something runs out, and go with it. */
export const leaks: readonly DiagnosisClass[] = [
  'mem_leak',
  'heap_exhausted',
  'fd_leak',
  'thread_leak',
];

/** One cause though several suffer from it: known by what they share rather than by its target. */
const shared: Readonly<Partial<Record<DiagnosisClass, string>>> = {
  net_refused_policy: 'peer',
  net_blackhole: 'peer',
  link_latency: 'peer',
  link_resets: 'peer',
  proxy_fault: 'peer',
  dns_failure: 'host',
  bad_config: 'path',
  missing_env: 'path',
  auth_secret_mismatch: 'path',
  bridge_half_open: 'bridge',
  bridge_config_mismatch: 'bridge',
};

/** Equal words: the same cause. */
export function causeKey({ class: one, target, params }: Verdict): string {
  const by = shared[one];
  const value = by === undefined ? undefined : params[by];
  return value === undefined ? `${one} ${target}` : `${one} by ${value}`;
}

export function isSurface(one: DiagnosisClass): boolean {
  return surface.has(one);
}
