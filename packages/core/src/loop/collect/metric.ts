/**
 * The figures that the loop knows, by name. Units are last in the name, base units throughout.
 *
 * A subject is a service's name (summed over its instances), `@host`, or `@disk:/mount/point`.
 */

export type ServiceMetric =
  /** Cores in use: 1 is one core. */
  | 'cpu'
  | 'rss_bytes'
  | 'fds'
  | 'threads'
  /** Open connections towards it, and from it. */
  | 'connections_in'
  | 'connections_out'
  /** Latency of our own probe; never taken for the latency of requests. */
  | 'probe_ms'
  | 'lines_per_s'
  | 'error_lines_per_s'
  | 'log_bytes_per_s'
  /** From access logs; absent where there are none. */
  | 'requests_per_s'
  | 'error_ratio'
  | 'request_p95_ms'
  /** Posted to `/api/v1/errors`. */
  | 'errors_per_s'
  /** Days until the certificate ends that comes first. */
  | 'certificate_days'
  /** Bytes of files that were deleted and are still held open. */
  | 'deleted_open_bytes'
  | 'zombies';

/** `psi_*`: share of the last 10 s in which some task waited (0-1). */
export type HostMetric =
  | 'psi_cpu'
  | 'psi_memory'
  | 'psi_io'
  | 'memory_available_bytes'
  | 'load_per_core';

export type DiskMetric = 'disk_used_ratio' | 'disk_free_bytes' | 'inodes_used_ratio';

export type Metric = ServiceMetric | HostMetric | DiskMetric;

export const metrics: readonly Metric[] = [
  'cpu',
  'rss_bytes',
  'fds',
  'threads',
  'connections_in',
  'connections_out',
  'probe_ms',
  'lines_per_s',
  'error_lines_per_s',
  'log_bytes_per_s',
  'requests_per_s',
  'error_ratio',
  'request_p95_ms',
  'errors_per_s',
  'certificate_days',
  'deleted_open_bytes',
  'zombies',
  'psi_cpu',
  'psi_memory',
  'psi_io',
  'memory_available_bytes',
  'load_per_core',
  'disk_used_ratio',
  'disk_free_bytes',
  'inodes_used_ratio',
];

export type Sample = Readonly<{ subject: string; metric: Metric; value: number }>;
