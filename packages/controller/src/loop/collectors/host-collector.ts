/**
 * The machine: who waits for CPU, memory or disk (PSI), memory left, load per core.
 * Source: Linux `Documentation/accounting/psi.rst`.
 */
import { availableParallelism } from 'node:os';
import type { HostMetric, Sample } from '@fettle/core/loop/collect/metric';
import { availableMemoryBytes } from '@fettle/proc/host';
import { readSmallText } from '@fettle/proc/small-file';
import type { Collector } from './collector.ts';
import { startPaced } from './pace.ts';

const everyMs = 10_000;
const pressures = [
  ['psi_cpu', '/proc/pressure/cpu'],
  ['psi_memory', '/proc/pressure/memory'],
  ['psi_io', '/proc/pressure/io'],
] as const;

export const hostCollector: Collector = {
  name: 'host',
  start({ emit, budget, nowMs }) {
    const cores = availableParallelism();
    const look = (): void =>
      emit([{ kind: 'sampled', atMs: nowMs(), samples: readHostFigures(cores) }]);
    return startPaced({ name: 'host', everyMs, budget, look });
  },
};

/** What this kernel does not tell is left out. */
function readHostFigures(cores: number): readonly Sample[] {
  const samples: Sample[] = [];
  const add = (metric: HostMetric, value: number | null): void => {
    if (value !== null && Number.isFinite(value)) samples.push({ subject: '@host', metric, value });
  };
  for (const [metric, path] of pressures) add(metric, pressure(readSmallText(path)));
  add('memory_available_bytes', availableMemoryBytes());
  const load = readSmallText('/proc/loadavg')?.split(' ')[0];
  add('load_per_core', load === undefined ? null : Number(load) / cores);
  return samples;
}

/** `some avg10=1.53 avg60=…`: per cent of the last 10 s in which somebody waited. */
function pressure(text: string | null): number | null {
  const avg10 = /^some avg10=([\d.]+)/.exec(text ?? '')?.[1];
  return avg10 === undefined ? null : Number(avg10) / 100;
}
