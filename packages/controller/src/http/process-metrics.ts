/** The controller's own `process_*` metrics, as Prometheus client libraries name them. */
import { readdirSync } from 'node:fs';
import type { Family } from './exposition.ts';

export function processFamilies(startedAtMs: number): readonly Family[] {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const memory = process.memoryUsage();
  const openFiles = countOpenFiles();
  return [
    family(
      'process_cpu_seconds_total',
      'CPU time used by the controller.',
      'counter',
      (userCPUTime + systemCPUTime) / 1e6,
    ),
    family(
      'process_resident_memory_bytes',
      'Resident memory of the controller.',
      'gauge',
      memory.rss,
    ),
    family(
      'process_start_time_seconds',
      'Start of the controller, seconds since 1970.',
      'gauge',
      startedAtMs / 1_000,
    ),
    ...(openFiles === null
      ? []
      : [family('process_open_fds', 'Open file descriptors.', 'gauge', openFiles)]),
    family('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', 'gauge', memory.heapUsed),
  ];
}

function family(name: string, help: string, type: 'counter' | 'gauge', value: number): Family {
  return { name, help, type, samples: [{ labels: {}, value }] };
}

function countOpenFiles(): number | null {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return null;
  }
}
