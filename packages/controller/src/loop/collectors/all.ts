/**
 * All collectors, and the one place where what they saw becomes a batch for the loop.
 *
 * Observations keep their order and wait at most 20 ms, so that a thousand lines and a hundred
 * probes cost the loop one step and not a thousand.
 */
import type { Observation } from '@fettle/core/loop/collect/observation';
import type { Disposer } from '../../parts.ts';
import { certificatesCollector } from './certificates-collector.ts';
import { checksCollector } from './checks-collector.ts';
import { openBudget, type Shed } from './collect-budget.ts';
import type { Collecting, Collector, CollectorDeps, Emit } from './collector.ts';
import { descriptorsCollector } from './descriptors-collector.ts';
import { disksCollector } from './disks-collector.ts';
import { errorsCollector } from './errors-collector.ts';
import { figuresCollector } from './figures-collector.ts';
import { filesCollector } from './files-collector.ts';
import { passGate, type IsOn } from './flag-gate.ts';
import { hostCollector } from './host-collector.ts';
import { linesCollector } from './lines-collector.ts';
import { stackCollector } from './stack-collector.ts';
import { whyCollector } from './why-collector.ts';

/** The stack first: all others speak of its services. */
export const collectors: readonly Collector[] = [
  stackCollector,
  checksCollector,
  figuresCollector,
  linesCollector,
  whyCollector,
  filesCollector,
  errorsCollector,
  hostCollector,
  disksCollector,
  descriptorsCollector,
  certificatesCollector,
];

export type CollectOptions = Readonly<{
  deps: CollectorDeps;
  /** Called with a batch, in order; its time is booked on collection. */
  observed: Emit;
  /** Those of `all.ts` unless told. */
  collectors?: readonly Collector[];
  /** Share of one core that collection may take. */
  limit?: number;
  /** How long its cost is summed up before something is shed; 10 s unless told. */
  windowMs?: number;
  /** Switches, which may change at any time; all on unless told. */
  isOn?: IsOn;
}>;

const batchMs = 20;
const maxBatch = 2_000;

export function startCollectors(options: CollectOptions): Disposer {
  const { deps, observed, isOn } = options;
  const budget = openBudget({
    ...(options.limit === undefined ? {} : { limit: options.limit }),
    ...(options.windowMs === undefined ? {} : { windowMs: options.windowMs }),
    onShed: (shed) => tellShed(deps, shed),
  });
  let batch: Observation[] = [];
  let timer: NodeJS.Timeout | null = null;
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const ready = batch;
    batch = [];
    if (ready.length > 0) budget.spend('the loop', () => observed(ready));
  };
  const emit: Emit = (observations) => {
    for (const one of observations) {
      const passed = isOn === undefined ? one : passGate(one, isOn);
      if (passed !== null) batch.push(passed);
    }
    if (batch.length >= maxBatch) flush();
    else if (batch.length > 0) timer ??= setTimeout(flush, batchMs);
  };
  const collecting: Collecting = { ...deps, emit, budget };
  const started = (options.collectors ?? collectors).map((one) => one.start(collecting));
  return () => {
    for (const stop of started) stop();
    budget.stop();
    if (timer !== null) clearTimeout(timer);
  };
}

function tellShed({ journal }: CollectorDeps, { level, share, limit, dearest }: Shed): void {
  const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;
  const text =
    level === 0
      ? 'all is collected again'
      : `collecting took ${percent(share)} of a core, more than ${percent(limit)}: ` +
        `dear looks are rarer and fewer log lines are read (mostly ${dearest})`;
  journal.append({
    kind: level === 0 ? 'collect.restored' : 'collect.shed',
    service: null,
    instance: null,
    severity: level === 0 ? 'info' : 'warn',
    text,
    data: { level, share, limit, dearest },
  });
}
