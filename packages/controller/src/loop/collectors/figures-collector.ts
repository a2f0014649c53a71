/**
 * CPU, memory, handles, threads and states of the services' processes, from the looks that the
 * figures part takes anyhow: /proc is never read twice for the same figure.
 */
import type { Sample } from '@fettle/core/loop/collect/metric';
import type { ProcessStateSeen } from '@fettle/core/loop/collect/observation';
import type { InstanceFigures } from '../../parts.ts';
import type { Collector } from './collector.ts';

export const figuresCollector: Collector = {
  name: 'process figures',
  start({ figures, emit, nowMs }) {
    return figures.onLook((instances) => {
      if (instances.length === 0) return;
      const atMs = nowMs();
      emit([
        { kind: 'sampled', atMs, samples: samplesOf(instances) },
        { kind: 'process-states', atMs, states: instances.map(stateOf) },
      ]);
    });
  },
};

type Sum = { cpu: number; rss: number; fds: number | null; threads: number; zombies: number };

/** Summed over a service's instances; handles only where all of them could be read. */
function samplesOf(instances: readonly InstanceFigures[]): readonly Sample[] {
  const sums = new Map<string, Sum>();
  for (const { service, cpuRatio, memoryBytes, openFiles, threads, zombies } of instances) {
    const sum = sums.get(service) ?? { cpu: 0, rss: 0, fds: 0, threads: 0, zombies: 0 };
    sum.cpu += cpuRatio;
    sum.rss += memoryBytes;
    sum.fds = sum.fds === null || openFiles === null ? null : sum.fds + openFiles;
    sum.threads += threads;
    sum.zombies += zombies;
    sums.set(service, sum);
  }
  const samples: Sample[] = [];
  for (const [subject, sum] of sums) {
    samples.push({ subject, metric: 'cpu', value: sum.cpu });
    samples.push({ subject, metric: 'rss_bytes', value: sum.rss });
    if (sum.fds !== null) samples.push({ subject, metric: 'fds', value: sum.fds });
    samples.push({ subject, metric: 'threads', value: sum.threads });
    samples.push({ subject, metric: 'zombies', value: sum.zombies });
  }
  return samples;
}

function stateOf({ service, instance, pid, state, zombies }: InstanceFigures): ProcessStateSeen {
  return { service, instance, pid, state, zombies };
}
