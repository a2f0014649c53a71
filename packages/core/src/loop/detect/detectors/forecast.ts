/**
 * What reaches its limit soon if it goes on so: memory, handles, processor, failures, disks.
 *
 * A line through a short time is trusted only for a short time: twice its own length. The interval
 * is that of the slope. Source: Sen (1968); Prometheus' `predict_linear`, which knows no interval.
 */
import { formatDuration } from '@fettle/sdk/duration';
import type { Metric } from '../../collect/metric.ts';
import type { Picture, ServicePicture } from '../../collect/picture.ts';
import type { Detector, Sign } from '../detector.ts';
import { growthOf, timeToLimit, type Growth, type TimeLeft } from '../growth.ts';
import { isSettled, liveCount } from '../recent.ts';
import { signOf } from '../sign.ts';

const minute = 60_000;
const windowsMs = [minute, 2 * minute, 3 * minute, 15 * minute, 180 * minute] as const;
const diskWindowsMs = [15 * minute, 180 * minute, 1_440 * minute] as const;
/** A line through a window says nothing of what comes later than this many windows. */
const trust = 2;
/** Under this share of the limit nothing is said: there is time. */
const leastShare = 0.5;
/** Runs younger than the window and this are still filling their caches. */
const warmMs = minute;

export const forecast: Detector = {
  id: 'forecast',
  flag: 'prediction',
  everyMs: 5_000,
  clearMs: 45_000,
  refractoryMs: 120_000,
  detect: (picture, nowMs) => [
    ...[...picture.services.values()].flatMap((service) => ofService(picture, service, nowMs)),
    ...picture.series
      .subjects()
      .filter((subject) => subject.startsWith('@disk:'))
      .flatMap((subject) => ofDisk(picture, subject, nowMs)),
  ],
};

type Limit = Readonly<{
  metric: Metric;
  limit: number;
  /** `its memory limit`. */
  words: string;
  /** Told as a warning when it is due within this time; else as evidence. */
  warnMs: number;
}>;

function limitsOf(service: ServicePicture): readonly Limit[] {
  const { memoryBytes, openFiles, processes, cpus } = service.definition.limits;
  const count = Math.max(1, liveCount(service));
  const limits: Limit[] = [];
  const add = (metric: Metric, limit: number | null, words: string, warnMs: number): void => {
    if (limit !== null) limits.push({ metric, limit: limit * count, words, warnMs });
  };
  add('rss_bytes', memoryBytes, 'its memory limit', 30 * minute);
  add('fds', openFiles, 'its limit of open handles', 30 * minute);
  add('threads', processes, 'its limit of threads', 30 * minute);
  add('cpu', cpus, 'its share of the processor', 0);
  limits.push({
    metric: 'error_ratio',
    limit: 0.2,
    words: 'a fifth of failing requests',
    warnMs: 0,
  });
  return limits;
}

function ofService(picture: Picture, service: ServicePicture, nowMs: number): readonly Sign[] {
  return limitsOf(service).flatMap((limit) => {
    const last = picture.series.last(service.name, limit.metric, nowMs);
    if (last === null || last < limit.limit * leastShare || last >= limit.limit) return [];
    const soon = imminent(picture, service, limit, { last, nowMs });
    if (soon !== null) return [soon];
    for (const windowMs of windowsMs) {
      if (!isSettled(service, windowMs + warmMs, nowMs)) return [];
      const asked = { subject: service.name, metric: limit.metric, windowMs, nowMs };
      const sign = due(growthOf(picture, { ...asked, newHigh: true }), service.name, limit);
      if (sign !== null) return [sign(nowMs)];
    }
    return [];
  });
}

/** What fills its caches has filled them by then, or will burst. */
const imminentShare = 0.75;
const imminentMs = minute;
const imminentR2 = 0.95;
const youngMs = 15_000;

/**
 * A run too young to have a past, and so close to its limit on a line so straight that to wait for
 * one is to wait for the end.
 */
function imminent(
  picture: Picture,
  service: ServicePicture,
  limit: Limit,
  { last, nowMs }: Readonly<{ last: number; nowMs: number }>,
): Sign | null {
  if (limit.warnMs === 0 || last < limit.limit * imminentShare) return null;
  if (!isSettled(service, imminentMs + youngMs, nowMs)) return null;
  const { metric } = limit;
  const asked = { subject: service.name, metric, windowMs: imminentMs, nowMs, newHigh: false };
  const growth = growthOf(picture, asked);
  if (growth === null || growth.r2 < imminentR2) return null;
  if (timeToLimit(growth, limit.limit).lateMs > imminentMs) return null;
  return due(growth, service.name, limit)?.(nowMs) ?? null;
}

const diskLimits: readonly Limit[] = [
  {
    metric: 'disk_used_ratio',
    limit: 0.99,
    words: 'its end: the disk is full',
    warnMs: 240 * minute,
  },
  { metric: 'inodes_used_ratio', limit: 0.99, words: 'its last inode', warnMs: 240 * minute },
];

function ofDisk(picture: Picture, subject: string, nowMs: number): readonly Sign[] {
  return diskLimits.flatMap((limit) => {
    const last = picture.series.last(subject, limit.metric, nowMs);
    if (last === null || last < leastShare || last >= limit.limit) return [];
    for (const windowMs of diskWindowsMs) {
      const asked = { subject, metric: limit.metric, windowMs, nowMs, newHigh: false };
      const sign = due(growthOf(picture, asked), subject, limit);
      if (sign !== null) return [sign(nowMs)];
    }
    return [];
  });
}

/** null: it does not grow, or reaches the limit later than the line can be trusted for. */
function due(
  growth: Growth | null,
  target: string,
  { metric, limit, words, warnMs }: Limit,
): ((nowMs: number) => Sign) | null {
  if (growth === null) return null;
  const left = timeToLimit(growth, limit);
  if (left.atMs > growth.windowMs * trust) return null;
  return (nowMs) =>
    signOf({
      kind: 'forecast',
      target,
      about: metric,
      severity: left.atMs <= warnMs ? 'warn' : 'info',
      sinceMs: nowMs - growth.windowMs,
      text: `${target} reaches ${words} in ${spanText(left)}`,
      from: 'series',
    });
}

/** `12m (9m to 17m)`. */
function spanText({ atMs, soonMs, lateMs }: TimeLeft): string {
  const text = (ms: number): string =>
    formatDuration(ms < minute ? Math.ceil(ms / 1_000) * 1_000 : Math.round(ms / minute) * minute);
  return `${text(atMs)} (${text(soonMs)} to ${text(lateMs)})`;
}
