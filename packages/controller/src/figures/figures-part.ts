/**
 * CPU, memory, open files, threads and processes of every instance, each 5 s where that is cheap. A
 * service's series is the sum over its instances, with marks where something happened.
 *
 * Collection keeps to a share of a core: a look that took 1 ms of CPU comes again after 10 s. Which
 * processes belong to an instance is found by a pass over all of /proc, the dearest part, which
 * keeps to twice that share by itself, because only it sees zombies and new processes; between two
 * passes only the known ones are read. Services that grow are looked at in between, alone.
 */
import { keepStats, type KeptStats } from '@fettle/proc/kept-stat';
import { countOpenFiles } from '@fettle/proc/open-files';
import { ticksPerSecond, type ProcessStat } from '@fettle/proc/process-stat';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { SeriesDocument } from '@fettle/sdk/api/documents';
import type { FiguresPart, InstanceFigures, Journal, SupervisorLink } from '../parts.ts';
import { threadCpuMs } from '../cpu-time.ts';
import { watchGrowers, type Growers } from './growers.ts';
import { createRing, type Point, type Ring } from './ring.ts';
import { treeReader, type TreeReader } from './run-tree.ts';

export type FiguresOptions = Readonly<{
  link: SupervisorLink;
  journal: Journal;
  /** 5 s unless told. */
  everyMs?: number;
  /** Looks may take this share of one core, passes over /proc twice that; 0.0001 unless told. */
  costShare?: number;
}>;

type Figures = NonNullable<ReturnType<FiguresPart['latest']>>;
type Held = Readonly<{
  figures: Figures;
  /** CPU ticks by `pid:startTicks`, to tell what was used since. */
  ticks: ReadonlyMap<string, number>;
  atMs: number;
}>;
type Shell = Readonly<{
  link: SupervisorLink;
  trees: TreeReader;
  stats: KeptStats;
  held: Map<string, Held>;
  rings: Map<string, Ring>;
  /** Pids of each instance as of the last pass, and its open files then. */
  known: Map<string, Known>;
  looked: Set<(instances: readonly InstanceFigures[]) => void>;
  growers: Growers;
  /** When a service was looked at last. */
  seenMs: Map<string, number>;
  everyMs: number;
  costShare: number;
}> & { nextLookMs: number; nextPassMs: number };
type Known = Readonly<{
  pids: readonly number[];
  /** The run that they belong to: another one calls for a new pass. */
  token: string | null;
  openFiles: number | null;
  zombies: number;
}>;

const defaultEveryMs = 5_000;
const defaultCostShare = 1 / 10_000;
const maxMarks = 200;
const maxCounted = 40;
const markKinds = /^(service\.(started|ended)|port\.moved|healing\.|stack\.changed)/;

export function openFiguresPart(options: FiguresOptions): FiguresPart {
  const { link, journal } = options;
  const everyMs = options.everyMs ?? defaultEveryMs;
  const shell: Shell = {
    link,
    trees: treeReader(),
    stats: keepStats(),
    held: new Map(),
    rings: new Map(),
    known: new Map(),
    looked: new Set(),
    growers: watchGrowers(),
    seenMs: new Map(),
    everyMs,
    costShare: options.costShare ?? defaultCostShare,
    nextLookMs: 0,
    nextPassMs: 0,
  };
  let timer: NodeJS.Timeout | undefined;
  const take = (): void => {
    const growing = shell.growers.services(performance.now());
    if (performance.now() >= shell.nextLookMs) {
      const costMs = takeAll(shell);
      shell.nextLookMs = performance.now() + Math.max(everyMs, costMs / shell.costShare);
    } else takeSome(shell, growing);
    const restMs = Math.max(0, shell.nextLookMs - performance.now());
    const isWatching = shell.growers.services(performance.now()).size > 0;
    // A last look alone that comes just before the next at all is spared.
    const waitMs = isWatching && restMs > 1.5 * everyMs ? everyMs : restMs;
    timer = setTimeout(take, waitMs).unref();
  };
  take();
  return {
    latest: (instance) => shell.held.get(instance)?.figures ?? null,
    series: (service, sinceMs) => seriesOf(shell, journal, service, sinceMs),
    onLook(listener) {
      shell.looked.add(listener);
      return () => void shell.looked.delete(listener);
    },
    pids: (instance) => shell.known.get(instance)?.pids ?? [],
    stop() {
      clearTimeout(timer);
      shell.stats.close();
      return Promise.resolve();
    },
  };
}

/** What the look cost in ms, a pass over /proc aside. */
function takeAll(shell: Shell): number {
  const { link, held, rings, growers, seenMs } = shell;
  const views = link.instances();
  const passMs = needsPass(shell, views) ? passOver(shell, views) : 0;
  const beganMs = threadCpuMs();
  const seen = look(shell, views, countsFiles(shell));
  forget(held, new Set(views.map(({ instance }) => instance)));
  const services = new Set(views.map(({ service }) => service));
  for (const map of [rings, seenMs]) forget(map, services);
  growers.forget(services);
  if (passMs > 0) shell.nextPassMs = performance.now() + passMs / (2 * shell.costShare);
  const costMs = threadCpuMs() - beganMs;
  for (const listener of shell.looked) listener(seen);
  return costMs;
}

/** Of these services alone, all their instances. */
function takeSome(shell: Shell, services: ReadonlySet<string>): void {
  const views = shell.link.instances().filter(({ service }) => services.has(service));
  const isKnown = views.every(({ instance, token }) => shell.known.get(instance)?.token === token);
  if (views.length === 0 || !isKnown) return;
  const seen = look(shell, views, true);
  for (const listener of shell.looked) listener(seen);
}

/** Reads the known processes of these instances. */
function look(
  shell: Shell,
  views: readonly InstanceView[],
  counts: boolean,
): readonly InstanceFigures[] {
  const { held, rings, growers, seenMs } = shell;
  const nowMs = performance.now();
  const sums = new Map<string, Point>();
  const seen: InstanceFigures[] = [];
  for (const { instance, service, pid } of views) {
    const known = shell.known.get(instance);
    const stats = (known?.pids ?? []).flatMap((one) => shell.stats.read(one) ?? []);
    if (known === undefined || stats.length === 0) {
      held.delete(instance);
      continue;
    }
    // What is counted is remembered: a look that does not count must not tell of an older number.
    if (counts) shell.known.set(instance, { ...known, openFiles: openFilesOf(known.pids) });
    const openFiles = shell.known.get(instance)?.openFiles ?? null;
    const next = measure(stats, openFiles, held.get(instance) ?? null, nowMs);
    held.set(instance, next);
    sums.set(service, add(sums.get(service) ?? null, next.figures));
    const { zombies } = known;
    seen.push({ service, instance, ...next.figures, ...stateOf(stats, pid), zombies });
  }
  for (const [service, point] of sums) {
    fill(ringOf(rings, service), point, nowMs - (seenMs.get(service) ?? nowMs), shell.everyMs);
    seenMs.set(service, nowMs);
    const { memoryBytes, openFiles } = point;
    growers.note(service, { memoryBytes: memoryBytes ?? 0, openFiles }, nowMs);
  }
  return seen;
}

/** Of the process that stands still when one does, else of the service's own. */
function stateOf(
  stats: readonly ProcessStat[],
  pid: number | null,
): Pick<InstanceFigures, 'pid' | 'state'> {
  const main = stats.find((stat) => stat.pid === pid);
  const told = stats.find(({ state }) => state === 'T' || state === 't') ?? main ?? stats[0];
  return { pid: told?.pid ?? 0, state: told?.state ?? '?' };
}

function needsPass({ known, nextPassMs }: Shell, views: readonly InstanceView[]): boolean {
  if (performance.now() >= nextPassMs) return true;
  const runs = (view: InstanceView): boolean => view.pid !== null;
  return views.some((view) => runs(view) && known.get(view.instance)?.token !== view.token);
}

/** Descriptors of few processes are counted with each look, of many only with a pass. */
function countsFiles({ known }: Shell): boolean {
  let processes = 0;
  for (const { pids } of known.values()) processes += pids.length;
  return processes <= maxCounted;
}

/** Finds every instance's processes; answers with its cost in ms. */
function passOver(shell: Shell, views: readonly InstanceView[]): number {
  const beganMs = threadCpuMs();
  const trees = shell.trees.read(views);
  shell.known.clear();
  const all = new Set<number>();
  for (const { instance, token } of views) {
    const { stats = [], zombies = 0 } = trees.get(instance) ?? {};
    const pids = stats.map(({ pid }) => pid);
    for (const pid of pids) all.add(pid);
    shell.known.set(instance, { pids, token, openFiles: openFilesOf(pids), zombies });
  }
  shell.stats.keepOnly(all);
  return threadCpuMs() - beganMs;
}

function openFilesOf(pids: readonly number[]): number | null {
  let sum = 0;
  for (const pid of pids) {
    const count = countOpenFiles(pid);
    if (count === null) return null;
    sum += count;
  }
  return sum;
}

/** A look that comes later than the ring's step speaks for the steps before it, too. */
function fill(ring: Ring, point: Point, spentMs: number, everyMs: number): void {
  const atMs = Date.now();
  const missed = spentMs > everyMs * 1.5 ? Math.min(60, Math.floor(spentMs / everyMs) - 1) : 0;
  for (let back = missed; back >= 0; back -= 1) ring.add(atMs - back * everyMs, point);
}

function measure(
  stats: readonly ProcessStat[],
  openFiles: number | null,
  before: Held | null,
  nowMs: number,
): Held {
  const seconds = Math.max(0.001, (nowMs - (before?.atMs ?? nowMs)) / 1_000);
  const ticks = new Map<string, number>();
  let spent = 0;
  let memoryBytes = 0;
  let threads = 0;
  for (const stat of stats) {
    const id = `${stat.pid}:${stat.startTicks}`;
    const total = stat.userTicks + stat.systemTicks;
    ticks.set(id, total);
    // The first look at a run has nothing to compare with: its past is not this interval's.
    if (before !== null) spent += Math.max(0, total - (before.ticks.get(id) ?? 0));
    memoryBytes += stat.rssBytes;
    threads += stat.threads;
  }
  const cpuRatio = spent / ticksPerSecond / seconds;
  return {
    figures: { memoryBytes, cpuRatio, openFiles, threads, processes: stats.length },
    ticks,
    atMs: nowMs,
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
