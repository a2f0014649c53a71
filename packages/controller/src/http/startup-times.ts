/**
 * Counts over the controller's life for /metrics: start-up times, failed starts by kind, command
 * requests. Kept as bucket counts, so that years cost as little as minutes.
 */
import type { StackEvent } from '@fettle/sdk/api/documents';
import { growingHistogram, type GrowingHistogram } from '../histogram.ts';
import type { Journal } from '../parts.ts';
import { histogramSamples, type Sample } from './exposition.ts';

export const startupBoundsSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

export type StartupCounts = Readonly<{
  durationSamples(): readonly Sample[];
  failureSamples(): readonly Sample[];
  stop(): void;
}>;

const maxServices = 2_000;
/** A service without checks that does not live so long never was ready, whatever it said. */
const livedMs = 1_000;

type Fresh = Readonly<{ service: string; tookMs: number; atMs: number }>;

export function countStartups(
  journal: Pick<Journal, 'onEvent'>,
  now: () => number = () => performance.now(),
): StartupCounts {
  const durations = new Map<string, GrowingHistogram>();
  const failures = new Map<string, number>();
  const ready = new Set<string>();
  /** Ready at once, not yet alive for long, by token. */
  const fresh = new Map<string, Fresh>();
  const observe = (service: string, tookMs: number): void => {
    let one = durations.get(service);
    if (one === undefined && durations.size >= maxServices) return;
    one ??= growingHistogram(startupBoundsSeconds);
    one.observe(tookMs / 1_000);
    durations.set(service, one);
  };
  const becomeReady = (token: string, { service, tookMs }: Omit<Fresh, 'atMs'>): void => {
    fresh.delete(token);
    remember(ready, token);
    observe(service, tookMs);
  };
  const settle = (): void => {
    for (const [token, one] of fresh)
      if (now() - one.atMs >= livedMs || fresh.size > maxServices) becomeReady(token, one);
  };
  const hear = ({ kind, service, data }: StackEvent): void => {
    if (service === null) return;
    settle();
    const token = typeof data['token'] === 'string' ? data['token'] : '';
    const tookMs = typeof data['tookMs'] === 'number' ? data['tookMs'] : null;
    if (kind === 'service.ready' && tookMs !== null) becomeReady(token, { service, tookMs });
    if (kind === 'service.started' && data['ready'] === true)
      fresh.set(token, { service, tookMs: tookMs ?? 0, atMs: now() });
    if (kind !== 'service.ended' && kind !== 'service.spawn-failed') return;
    const wasReady = ready.delete(token);
    const type = failureType(kind, data, wasReady);
    const begun = fresh.get(token);
    if (begun !== undefined && type === null) becomeReady(token, begun);
    fresh.delete(token);
    if (type === null) return;
    const key = `${service}\n${type}`;
    failures.set(key, (failures.get(key) ?? 0) + 1);
  };
  const stop = journal.onEvent(hear);
  return {
    stop,
    durationSamples() {
      settle();
      return [...durations].flatMap(([service, one]) => histogramSamples({ service }, one.read()));
    },
    failureSamples: () =>
      [...failures].map(([key, value]) => {
        const [service = '', type = ''] = key.split('\n');
        return { labels: { service, error_type: type }, value };
      }),
  };
}

/** null: no failed start. `wasReady`: the run had served before it ended. */
function failureType(kind: string, data: StackEvent['data'], wasReady: boolean): string | null {
  if (kind === 'service.spawn-failed') return String(data['code'] ?? 'spawn');
  if (wasReady || data['endedBy'] !== null) return null;
  if (data['signal'] !== null && data['signal'] !== undefined) return String(data['signal']);
  return data['code'] === 0 ? null : `exit_${String(data['code'] ?? 'unknown')}`;
}

function remember(ready: Set<string>, token: string): void {
  ready.add(token);
  if (ready.size > maxServices) ready.delete(ready.values().next().value ?? '');
}
