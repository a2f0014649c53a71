/**
 * Counts over the controller's life for /metrics: start-up times, failed starts by kind, command
 * requests. Kept as bucket counts, so that years cost as little as minutes.
 */
import type { StackEvent } from '@fettle/sdk/api/documents';
import type { Journal } from '../parts.ts';
import type { Sample } from './exposition.ts';

export const startupBoundsSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

export type StartupCounts = Readonly<{
  durationSamples(): readonly Sample[];
  failureSamples(): readonly Sample[];
  stop(): void;
}>;

type Histogram = { counts: number[]; sum: number; count: number };

const maxServices = 2_000;

export function countStartups(journal: Pick<Journal, 'onEvent'>): StartupCounts {
  const durations = new Map<string, Histogram>();
  const failures = new Map<string, number>();
  const ready = new Set<string>();
  const hear = (event: StackEvent): void => {
    const { kind, service, data } = event;
    if (service === null) return;
    const token = typeof data['token'] === 'string' ? data['token'] : '';
    if (kind === 'service.ready') {
      remember(ready, token);
      if (typeof data['tookMs'] === 'number') observe(durations, service, data['tookMs'] / 1_000);
    }
    // A service without checks is ready as soon as it runs.
    if (kind === 'service.started' && data['ready'] === true) remember(ready, token);
    const type = failureType(event, kind === 'service.ended' && ready.delete(token));
    if (type !== null) {
      const key = `${service}\n${type}`;
      failures.set(key, (failures.get(key) ?? 0) + 1);
    }
  };
  const stop = journal.onEvent(hear);
  return {
    stop,
    durationSamples: () => [...durations].flatMap(([service, one]) => samplesOf(service, one)),
    failureSamples: () =>
      [...failures].map(([key, value]) => {
        const [service = '', type = ''] = key.split('\n');
        return { labels: { service, error_type: type }, value };
      }),
  };
}

/** null: no failed start. `wasReady`: the run had served before it ended. */
function failureType({ kind, data }: StackEvent, wasReady: boolean): string | null {
  if (kind === 'service.spawn-failed') return String(data['code'] ?? 'spawn');
  if (kind !== 'service.ended' || wasReady || data['endedBy'] !== null) return null;
  if (data['signal'] !== null && data['signal'] !== undefined) return String(data['signal']);
  return data['code'] === 0 ? null : `exit_${String(data['code'] ?? 'unknown')}`;
}

function observe(durations: Map<string, Histogram>, service: string, seconds: number): void {
  if (!durations.has(service) && durations.size >= maxServices) return;
  const one = durations.get(service) ?? {
    counts: startupBoundsSeconds.map(() => 0),
    sum: 0,
    count: 0,
  };
  for (const [index, bound] of startupBoundsSeconds.entries())
    if (seconds <= bound) one.counts[index] = (one.counts[index] ?? 0) + 1;
  one.sum += seconds;
  one.count += 1;
  durations.set(service, one);
}

function samplesOf(service: string, { counts, sum, count }: Histogram): readonly Sample[] {
  const buckets = startupBoundsSeconds.map((bound, index) => ({
    suffix: '_bucket',
    labels: { service, le: String(bound) },
    value: counts[index] ?? 0,
  }));
  return [
    ...buckets,
    { suffix: '_bucket', labels: { service, le: '+Inf' }, value: count },
    { suffix: '_sum', labels: { service }, value: sum },
    { suffix: '_count', labels: { service }, value: count },
  ];
}

function remember(ready: Set<string>, token: string): void {
  ready.add(token);
  if (ready.size > maxServices) ready.delete(ready.values().next().value ?? '');
}
