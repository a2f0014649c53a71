/**
 * `npm run bench supervise`: Fettle beside the floor and its peers, in the same run, as ratios.
 *
 * Rounds are interleaved (floor, fettle, peers, floor, …), because the machine's speed drifts; the
 * figures to quote are medians and the ratios to the floor.
 */
import { writeResult } from './result.ts';
import { hangToServing } from './supervise/hang.ts';
import { crashToRestarted, idle, startAndStop } from './supervise/measure.ts';
import { judge, type Verdict } from './supervise/verdict.ts';
import type { Target } from './supervise/target.ts';
import { fettle } from './supervise/targets/fettle.ts';
import { floor } from './supervise/targets/floor.ts';
import { pm2 } from './supervise/targets/pm2.ts';
import { runit } from './supervise/targets/runit.ts';
import { supervisord } from './supervise/targets/supervisord.ts';

const services = 100;
const idleMs = 120_000;
/** Five hangs within a minute are a crash loop, and back off. */
const hangRounds = 3;
/** Peers are slow and only for orientation: they take part in the first round. */
const compared = [floor, fettle];

const median = (values: readonly number[]): number => quantile(values, 0.5);

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

async function restarts(targets: readonly Target[], rounds: number) {
  const samples = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1)
    for (const target of round === 0 ? targets : compared) {
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
  const warms = new Map<string, number[]>();
  const stops = new Map<string, number[]>();
  const note = (map: Map<string, number[]>, name: string, value: number) =>
    map.set(name, [...(map.get(name) ?? []), value]);
  for (let round = 0; round < rounds; round += 1)
    for (const target of round === 0 ? targets : compared) {
      const { upMs, warmMs, stopMs } = await startAndStop(target, services);
      note(ups, target.name, upMs);
      note(warms, target.name, warmMs);
      note(stops, target.name, stopMs);
    }
  const base = median(ups.get(floor.name) ?? []);
  const warmBase = median(warms.get(floor.name) ?? []);
  return [...ups].map(([name, all]) => ({
    name,
    upMs: rounded(median(all)),
    upRatio: rounded(median(all) / base),
    warmMs: rounded(median(warms.get(name) ?? [])),
    warmRatio: rounded(median(warms.get(name) ?? []) / warmBase),
    stopMs: rounded(median(stops.get(name) ?? [])),
  }));
}

async function idles(targets: readonly Target[], count: number) {
  const rows = [];
  for (const target of targets)
    rows.push({ name: target.name, count, ...(await idle(target, count, idleMs)) });
  return rows;
}

/** Parts may be named: `npm run bench supervise restart start idle hang`. */
export async function run(parts: readonly string[]): Promise<void> {
  const everyone = [floor, fettle, runit, supervisord, pm2];
  const targets = everyone.filter((target) => target.installed());
  for (const target of everyone.filter((one) => !targets.includes(one)))
    console.error(`not installed, left out: ${target.name}`);
  const wanted = (part: string) => parts.length === 0 || parts.includes(part);
  const result: Record<string, unknown> = {};
  const verdicts: Verdict[] = [];
  const tell = (part: string, rows: readonly object[]) => {
    result[part] = rows;
    console.log(`\n# ${part}`);
    console.table(rows);
  };
  if (wanted('restart')) {
    const rows = await restarts(targets, 3);
    tell('crash to restarted', rows);
    const own = rows.find(({ name }) => name === fettle.name);
    verdicts.push(judge('crash to restarted, median over floor', own?.medianRatio, 2.5));
    verdicts.push(judge('crash to restarted, p95 over floor', own?.p95Ratio, 3));
  }
  if (wanted('start')) {
    const rows = await starts(targets, 9);
    tell('100 services up and stopped', rows);
    const own = rows.find(({ name }) => name === fettle.name);
    verdicts.push(judge('100 services up under a running daemon, over floor', own?.warmRatio, 2));
  }
  if (wanted('idle')) {
    const rows = [...(await idles([fettle], 100)), ...(await idles([fettle], 500))];
    tell('idle', rows);
    const own = rows.at(-1);
    const cpu = own?.cpuSecondsPerMinute.reduce((sum, one) => sum + one, 0);
    verdicts.push(judge('500 idle services, CPU s/min of both daemons', cpu, 0.1));
    verdicts.push(
      judge('500 idle services, CPU s/min of the supervisor', own?.cpuSecondsPerMinute[0], 0.1),
    );
    verdicts.push(judge('500 idle services, supervisor MiB resident', own?.residentMiB[0], 70));
  }
  if (wanted('hang')) {
    const rows = await hangToServing(hangRounds);
    tell(
      'hang to serving',
      rows.map((row) => ({ ...row, samplesMs: row.samplesMs.map(Math.round) })),
    );
    for (const { name, samplesMs, boundMs } of rows)
      verdicts.push(judge(`${name} to serving, ms, slowest`, Math.max(...samplesMs), boundMs));
  }
  console.log('\n# limits');
  for (const { what, value, limit, met } of verdicts)
    console.log(`${met ? '✓' : '✕'} ${what}: ${value} (limit ${limit})`);
  writeResult('supervise', { ...result, verdicts });
  if (verdicts.some(({ met }) => !met)) process.exitCode = 1;
}
