/**
 * What the causes of "why" (docs/why.md) say of the classes of the loop: one sentence's cause may
 * support several classes, each with its weight.
 *
 * A cause names what a log line or an exit says; a class names what is to be mended. `port-taken`
 * is one cause and two classes: who holds the port decides.
 */
import type { DiagnosisClass } from './diagnosis.ts';

export const causeClasses: Readonly<
  Record<string, Readonly<Partial<Record<DiagnosisClass, number>>>>
> = {
  aborted: { crash: 0.3 },
  'affected-by-dependency': { dependency_down: 0.2, db_down: 0.2 },
  'authentication-failed': { auth_secret_mismatch: 0.75 },
  'bad-interpreter': { bridge_exec_missing: 0.75, bad_config: 0.25 },
  'check-fails': { probe_broken: 0.1 },
  'check-http-status': { probe_broken: 0.1 },
  'check-no-answer': { hang: 0.3, event_loop_block: 0.1 },
  'command-not-found': { bridge_exec_missing: 0.75, bad_config: 0.3 },
  'connection-reset': { link_resets: 0.3, proxy_fault: 0.1 },
  'connection-timeout': { net_blackhole: 0.25, link_latency: 0.2, db_hung: 0.15 },
  continued: { stopped: 0.6 },
  'database-locked': { db_lock_contention: 0.7 },
  'disk-full': { disk_full: 0.6, inode_exhaustion: 0.2, deleted_open_file: 0.2 },
  'exit-by-convention': { bad_config: 0.35 },
  flapping: { flapping: 0.7 },
  'foreign-answer': { orphan_serving: 0.4, port_conflict_foreign: 0.3 },
  hang: { hang: 0.6, event_loop_block: 0.2, deadlock: 0.2 },
  'heap-limit': { heap_exhausted: 0.85 },
  'heartbeat-late': { worker_stuck: 0.6 },
  'invalid-config-file': { bad_config: 0.75 },
  'invalid-settings': { missing_env: 0.45, bad_config: 0.45 },
  'killed-from-outside': { crash: 0.4 },
  'listens-elsewhere': { config_drift: 0.35, bad_config: 0.35 },
  'memory-error': { heap_exhausted: 0.7 },
  'memory-limit': { oom_killed: 0.85 },
  'memory-limit-kill': { oom_killed: 0.9 },
  'missing-file': { bad_config: 0.3 },
  'missing-module': { missing_module: 0.85 },
  'missing-shared-library': { missing_module: 0.75 },
  'missing-variable': { missing_env: 0.85 },
  'not-executable': { bridge_exec_missing: 0.5, bad_config: 0.25 },
  'out-of-memory-kill': { oom_killed: 0.9 },
  'permission-denied': { bad_config: 0.2 },
  'process-limit': { thread_leak: 0.6 },
  'port-moved': { port_conflict_foreign: 0.3 },
  'port-refused': { port_conflict_foreign: 0.4, port_conflict_orphan: 0.3 },
  'port-taken': { port_conflict_foreign: 0.4, port_conflict_orphan: 0.4 },
  'read-only-filesystem': { readonly_fs: 0.65 },
  'refused-dependency': { dependency_down: 0.3, db_down: 0.3, config_drift: 0.2 },
  'refused-unnamed': { dependency_down: 0.25, db_down: 0.25, config_drift: 0.15 },
  'syntax-error': { bad_config: 0.15 },
  'terminated-from-outside': { crash: 0.4 },
  'tls-certificate': { cert_expired: 0.35 },
  'too-many-clients': { db_max_connections: 0.5, pool_leak: 0.2 },
  'too-many-open-files': { fd_leak: 0.7 },
  'too-many-processes': { thread_leak: 0.65 },
  'unhandled-exception': { crash: 0.2 },
  'unhandled-rejection': { crash: 0.2 },
  'unknown-host': { dns_failure: 0.6 },
  'usage-error': { bad_config: 0.5 },
};
