/**
 * CPU, memory, open files, threads and processes of every instance, each 5 s, from one pass over
 * /proc. A service's series is the sum over its instances, with marks where something happened.
 */
import { countOpenFiles } from '@fettle/proc/open-files';
import { ticksPerSecond, type ProcessStat } from '@fettle/proc/process-stat';
import type { SeriesDocument } from '@fettle/sdk/api/documents';
import type { FiguresPart, Journal, SupervisorLink } from '../parts.ts';
import { createRing, type Point, type Ring } from './ring.ts';
import { treeReader, type TreeReader } from './run-tree.ts';

export type FiguresOptions = Readonly<{
  link: SupervisorLink;
  journal: Journal;
  /** 5 s unless told. */
  everyMs?: number;
}>;

type Figures = NonNullable<ReturnType<FiguresPart['latest']>>;
type Held = Readonly<{
  figures: Figures;
  /** CPU ticks by `pid:startTicks`, to tell what was used since. */
  ticks: ReadonlyMap<string, number>;
}>;
type Shell = Readonly<{
  link: SupervisorLink;
  trees: TreeReader;
  held: Map<string, Held>;
  rings: Map<string, Ring>;
}> & { lastMs: number };

const defaultEveryMs = 5_000;
const maxMarks = 200;
const markKinds = /^(service\.(started|ended)|port\.moved|healing\.|stack\.changed)/;

export function openFiguresPart(options: FiguresOptions): FiguresPart {
  const { link, journal } = options;
  const shell: Shell = {
    link,
    trees: treeReader(),
    held: new Map(),
    rings: new Map(),
    lastMs: performance.now(),
  };
  const take = (): void => takeAll(shell);
  take();
  const timer = setInterval(take, options.everyMs ?? defaultEveryMs);
  timer.unref();
  return {
    latest: (instance) => shell.held.get(instance)?.figures ?? null,
    series: (service, sinceMs) => seriesOf(shell, journal, service, sinceMs),
    stop() {
      clearInterval(timer);
      return Promise.resolve();
    },
  };
}

function takeAll(shell: Shell): void {
  const { link, held, rings } = shell;
  const views = link.instances();
  const nowMs = performance.now();
  const seconds = Math.max(0.001, (nowMs - shell.lastMs) / 1_000);
  shell.lastMs = nowMs;
  const sums = new Map<string, Point>();
  const trees = shell.trees.read(views);
  for (const { instance, service } of views) {
    const stats = trees.get(instance);
    if (stats === undefined || stats.length === 0) {
      held.delete(instance);
      continue;
    }
    const next = measure(stats, held.get(instance) ?? null, seconds);
    held.set(instance, next);
    sums.set(service, add(sums.get(service) ?? null, next.figures));
  }
  forget(held, new Set(views.map(({ instance }) => instance)));
  forget(rings, new Set(views.map(({ service }) => service)));
  for (const [service, point] of sums) ringOf(rings, service).add(Date.now(), point);
}

function measure(stats: readonly ProcessStat[], before: Held | null, seconds: number): Held {
  const ticks = new Map<string, number>();
  let spent = 0;
  let memoryBytes = 0;
  let threads = 0;
  let openFiles: number | null = 0;
  for (const stat of stats) {
    const id = `${stat.pid}:${stat.startTicks}`;
    const total = stat.userTicks + stat.systemTicks;
    ticks.set(id, total);
    // The first look at a run has nothing to compare with: its past is not this interval's.
    if (before !== null) spent += Math.max(0, total - (before.ticks.get(id) ?? 0));
    memoryBytes += stat.rssBytes;
    threads += stat.threads;
    const files = countOpenFiles(stat.pid);
    openFiles = openFiles === null || files === null ? null : openFiles + files;
  }
  const cpuRatio = spent / ticksPerSecond / seconds;
  return {
    figures: { memoryBytes, cpuRatio, openFiles, threads, processes: stats.length },
    ticks,
  };
}

function add(sum: Point | null, { cpuRatio, memoryBytes, openFiles, threads }: Figures): Point {
  if (sum === null) return { cpuRatio, memoryBytes, openFiles, threads };
  return {
    cpuRatio: (sum.cpuRatio ?? 0) + cpuRatio,
    memoryBytes: (sum.memoryBytes ?? 0) + memoryBytes,
    openFiles: openFiles === null || sum.openFiles === null ? null : sum.openFiles + openFiles,
    threads: (sum.threads ?? 0) + threads,
  };
}

function seriesOf(
  { rings }: Shell,
  journal: Journal,
  service: string,
  sinceMs: number,
): SeriesDocument {
  const ring = rings.get(service) ?? createRing();
  const { stepMs, startMs, values } = ring.read(sinceMs, Date.now());
  const marks = journal
    .read({ service, sinceMs, limit: 1_000 })
    .filter(({ kind }) => markKinds.test(kind))
    .slice(-maxMarks)
    .map(({ at, kind, text }) => ({ atMs: Date.parse(at), kind, text }));
  return { schema: 'fettle.series/v1', service, stepMs, startMs, ...values, marks };
}

function ringOf(rings: Map<string, Ring>, service: string): Ring {
  const known = rings.get(service);
  if (known !== undefined) return known;
  const ring = createRing();
  rings.set(service, ring);
  return ring;
}

function forget(map: Map<string, unknown>, live: ReadonlySet<string>): void {
  for (const key of map.keys()) if (!live.has(key)) map.delete(key);
}
