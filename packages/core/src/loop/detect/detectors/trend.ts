/**
 * What grows and grows without a limit being near: memory, handles, threads. Evidence for a leak; a
 * warning only when it has become a multiple of what is usual.
 */
import type { Metric } from '../../collect/metric.ts';
import type { Picture, ServicePicture } from '../../collect/picture.ts';
import type { Detector, Sign } from '../detector.ts';
import { growthOf } from '../growth.ts';
import { isSettled } from '../recent.ts';
import { signOf } from '../sign.ts';

const minute = 60_000;
const windowsMs = [5 * minute, 15 * minute, 180 * minute] as const;
const warmMs = minute;

type Figure = Readonly<{
  metric: Metric;
  words: string;
  perUnit: number;
  /** Growth within the window that is worth a word, absolute and relative. */
  least: number;
  leastRatio: number;
  /** A warning from this multiple of the usual on, and so much in units. */
  warnTimes: number;
  warnLeast: number;
}>;

const figures: readonly Figure[] = [
  {
    metric: 'rss_bytes',
    words: 'MiB of memory',
    perUnit: 1_048_576,
    least: 33_554_432,
    leastRatio: 0.2,
    warnTimes: 2.5,
    warnLeast: 268_435_456,
  },
  {
    metric: 'fds',
    words: 'open handles',
    perUnit: 1,
    least: 50,
    leastRatio: 0.3,
    warnTimes: 4,
    warnLeast: 300,
  },
  {
    metric: 'threads',
    words: 'threads',
    perUnit: 1,
    least: 20,
    leastRatio: 0.3,
    warnTimes: 4,
    warnLeast: 100,
  },
];

export const trend: Detector = {
  id: 'trend',
  flag: 'performance_monitoring',
  everyMs: 15_000,
  clearMs: 45_000,
  refractoryMs: 120_000,
  detect: (picture, nowMs) =>
    [...picture.services.values()].flatMap((service) =>
      figures.flatMap((figure) => signsOf(picture, service, figure, nowMs)),
    ),
};

function signsOf(
  picture: Picture,
  service: ServicePicture,
  figure: Figure,
  nowMs: number,
): readonly Sign[] {
  const { metric, words, perUnit, least, leastRatio } = figure;
  const last = picture.series.last(service.name, metric, nowMs);
  if (last === null || last < least) return [];
  for (const windowMs of windowsMs) {
    if (!isSettled(service, windowMs + warmMs, nowMs)) return [];
    const asked = { subject: service.name, metric, windowMs, nowMs, newHigh: true };
    const growth = growthOf(picture, asked);
    if (growth === null) continue;
    const grown = growth.now - growth.from;
    if (grown < Math.max(least, growth.from * leastRatio)) continue;
    const number = (value: number): string => String(Math.round(value / perUnit));
    const minutes = Math.round(windowMs / minute);
    return [
      signOf({
        kind: 'trend',
        target: service.name,
        about: metric,
        severity: isGrave(picture, service, figure, { now: growth.now, nowMs }) ? 'warn' : 'info',
        sinceMs: nowMs - windowMs,
        text: `${service.name} grew from ${number(growth.from)} to ${number(growth.now)} ${words} in ${minutes} min`,
        from: 'series',
      }),
    ];
  }
  return [];
}

function isGrave(
  picture: Picture,
  { name }: ServicePicture,
  { metric, warnTimes, warnLeast }: Figure,
  { now, nowMs }: Readonly<{ now: number; nowMs: number }>,
): boolean {
  const usual = picture.series.baseline(name, metric, nowMs);
  return usual !== null && now >= usual.median * warnTimes && now >= warnLeast;
}
