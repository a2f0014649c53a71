/**
 * `npm run bench templates`: what does it cost to take log lines and figures into the picture?
 * `npm run bench templates TRUTH_DIR OUT_DIR SYSTEM...`: groups the lines of public log sets and
 * writes what their scorer reads; the sets are for research and stay outside of the project.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metric, Sample } from '@fettle/core/loop/collect/metric';
import { openSeries } from '@fettle/core/loop/collect/series-store';
import { openTemplates } from '@fettle/core/loop/collect/template-tree';
import { writeResult } from './result.ts';
import { logSample } from './templates/log-sample.ts';

const rounds = 5;
const lineCount = 100_000;
const serviceCount = 500;
const figures: readonly Metric[] = [
  'cpu',
  'rss_bytes',
  'fds',
  'threads',
  'connections_in',
  'connections_out',
  'lines_per_s',
  'probe_ms',
];

export async function run(args: readonly string[]): Promise<void> {
  const [truth, out, ...systems] = args;
  if (truth !== undefined && out !== undefined) groupSystems(truth, out, systems);
  else {
    const result = { linesPerCpuSecond: measureLines(), series: measureSeries() };
    console.log(JSON.stringify(result, null, 2));
    writeResult('templates', result);
  }
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

function measureLines(): number {
  const lines = logSample(lineCount);
  return Math.round(
    median(
      Array.from({ length: rounds }, () => {
        const tree = openTemplates();
        return lineCount / cpuSeconds(() => lines.forEach((line, index) => tree.add(line, index)));
      }),
    ),
  );
}

/** 500 services with 8 figures each, every 5 s for an hour and a half. */
function measureSeries(): Readonly<Record<string, number>> {
  const store = openSeries();
  const ticks = 1_080;
  const seconds = cpuSeconds(() => {
    for (let tick = 0; tick < ticks; tick += 1) store.add(tick * 5_000, samplesOf(tick));
  });
  const nowMs = ticks * 5_000;
  const baselines = cpuSeconds(() => {
    for (const subject of store.subjects())
      for (const metric of figures) store.baseline(subject, metric, nowMs);
  });
  return {
    series: serviceCount * figures.length,
    shareOfCorePercent: Number(((seconds / (ticks * 5)) * 100).toFixed(4)),
    allBaselinesMs: Number((baselines * 1_000).toFixed(1)),
  };
}

function samplesOf(tick: number): readonly Sample[] {
  const samples: Sample[] = [];
  for (let service = 0; service < serviceCount; service += 1) {
    for (const metric of figures) {
      samples.push({ subject: `service-${service}`, metric, value: (tick * service) % 997 });
    }
  }
  return samples;
}

function groupSystems(truth: string, out: string, systems: readonly string[]): void {
  mkdirSync(out, { recursive: true });
  for (const system of systems) {
    const folder = join(truth, system);
    const file = readdirSync(folder).find((name) => name.endsWith('structured_corrected.csv'));
    const [head = [], ...rows] = readCsv(readFileSync(join(folder, file ?? ''), 'utf8'));
    const column = head.indexOf('Content');
    writeFileSync(join(out, `${system}.csv`), grouped(rows.map((row) => row[column] ?? '')));
  }
}

/** Each line of a set is a message of its own: an indented one continues nothing. */
function grouped(lines: readonly string[]): string {
  const tree = openTemplates();
  const placed = lines.map((line, index) => tree.add(line.trimStart(), index * 10));
  const rows = placed.map((template, index) => {
    const last = template === null ? null : tree.find(template.id);
    return `${index + 1},E${last?.id ?? 0},"${(last?.text ?? '').replaceAll('"', '""')}"`;
  });
  return ['LineId,EventId,EventTemplate', ...rows].join('\n');
}

/** RFC 4180. */
function readCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cells = text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n\r]*))(,|\r?\n|$)/g);
  for (const [, quoted, plain, end] of cells) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === ',') continue;
    if (row.length > 1) rows.push(row);
    row = [];
  }
  return rows;
}
