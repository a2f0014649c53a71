/**
 * `npm run bench supervise`: Fettle beside the floor and its peers, in the same run, as ratios.
 *
 * Rounds are interleaved (floor, fettle, peers, floor, …), because the machine's speed drifts; the
 * figures to quote are medians and the ratios to the floor.
 */
import { writeResult } from './result.ts';
import { crashToRestarted, idle, startAndStop } from './supervise/measure.ts';
import type { Target } from './supervise/target.ts';
import { fettle } from './supervise/targets/fettle.ts';
import { floor } from './supervise/targets/floor.ts';
import { pm2 } from './supervise/targets/pm2.ts';
import { runit } from './supervise/targets/runit.ts';
import { supervisord } from './supervise/targets/supervisord.ts';

const services = 100;
const idleMs = 60_000;

const median = (values: readonly number[]): number => quantile(values, 0.5);

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

async function restarts(targets: readonly Target[], rounds: number) {
  const samples = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1)
    for (const target of targets) {
      const { samplesMs } = await crashToRestarted(target, 40);
      samples.set(target.name, [...(samples.get(target.name) ?? []), ...samplesMs]);
    }
  const base = samples.get(floor.name) ?? [];
  return [...samples].map(([name, all]) => ({
    name,
    samples: all.length,
    medianMs: rounded(median(all)),
    p95Ms: rounded(quantile(all, 0.95)),
    medianRatio: rounded(median(all) / median(base)),
    p95Ratio: rounded(quantile(all, 0.95) / quantile(base, 0.95)),
  }));
}

async function starts(targets: readonly Target[], rounds: number) {
  const ups = new Map<string, number[]>();
  const stops = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1)
    for (const target of targets) {
      const { upMs, stopMs } = await startAndStop(target, services);
      ups.set(target.name, [...(ups.get(target.name) ?? []), upMs]);
      stops.set(target.name, [...(stops.get(target.name) ?? []), stopMs]);
    }
  const base = median(ups.get(floor.name) ?? []);
  return [...ups].map(([name, all]) => ({
    name,
    upMs: rounded(median(all)),
    upRatio: rounded(median(all) / base),
    stopMs: rounded(median(stops.get(name) ?? [])),
  }));
}

async function idles(targets: readonly Target[], count: number) {
  const rows = [];
  for (const target of targets)
    rows.push({ name: target.name, count, ...(await idle(target, count, idleMs)) });
  return rows;
}

/** Parts may be named: `npm run bench supervise restart start idle`. */
export async function run(parts: readonly string[]): Promise<void> {
  const everyone = [floor, fettle, runit, supervisord, pm2];
  const targets = everyone.filter((target) => target.installed());
  for (const target of everyone.filter((one) => !targets.includes(one)))
    console.error(`not installed, left out: ${target.name}`);
  const wanted = (part: string) => parts.length === 0 || parts.includes(part);
  const result: Record<string, unknown> = {};
  if (wanted('restart')) {
    result['crashToRestarted'] = await restarts(targets, 3);
    console.table(result['crashToRestarted']);
  }
  if (wanted('start')) {
    result['start100'] = await starts(targets, 5);
    console.table(result['start100']);
  }
  if (wanted('idle')) {
    result['idle'] = [...(await idles([fettle], 100)), ...(await idles([fettle], 500))];
    console.table(result['idle']);
  }
  writeResult('supervise', result);
}
