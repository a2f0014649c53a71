/**
 * A figure far from what is usual for it, for half a minute: robust z against its own history, with
 * an effect large enough to matter. Traffic or a processor that is merely busier is evidence only.
 * Source: Iglewicz & Hoaglin, "How to Detect and Handle Outliers" (1993): modified z-scores.
 */
import type { Metric } from '../../collect/metric.ts';
import type { Picture, ServicePicture } from '../../collect/picture.ts';
import { recentRequests } from '../../collect/request-figures.ts';
import { standsOut } from '../crowd.ts';
import type { Detector, Sign } from '../detector.ts';
import { isCrowded } from '../pressure.ts';
import { holds, isSettled, recent } from '../recent.ts';
import { signOf } from '../sign.ts';
import { slowdownOf } from '../slowdown.ts';

const windowMs = 30_000;
/** Runs younger than this are still warming up. */
const warmMs = 60_000;
const leastZ = 6;
const weekMs = 7 * 86_400_000;

export const anomaly: Detector = {
  id: 'anomaly',
  flag: 'performance_monitoring',
  everyMs: 5_000,
  clearMs: 30_000,
  refractoryMs: 60_000,
  detect: (picture, nowMs) =>
    [...picture.services.values()].flatMap((service) => {
      if (!isSettled(service, warmMs, nowMs)) return [];
      return [
        ...failureSigns(picture, service, nowMs),
        ...slowSigns(picture, service, nowMs),
        ...figures.flatMap((figure) => figureSigns(picture, service, figure, nowMs)),
      ];
    }),
};

/** Requests that fail: 5 % more than usual is an anomaly, 20 % an error. */
function failureSigns(picture: Picture, service: ServicePicture, nowMs: number): readonly Sign[] {
  const last = picture.series.last(service.name, 'error_ratio', nowMs);
  if (last === null || last < 0.05) return [];
  const usual = picture.series.baseline(service.name, 'error_ratio', nowMs);
  // Of a service without a past only the plain case counts.
  const bar = usual === null ? 0.2 : usual.median + Math.max(0.05, leastZ * usual.spread);
  const lately = recent(picture, service.name, 'error_ratio', { nowMs, windowMs });
  if (lately === null || !holds(lately, (value) => value >= bar)) return [];
  if (!areManyFailures(picture, service, nowMs)) return [];
  const percent = (value: number): string => `${Math.round(value * 100)} %`;
  const before = usual === null ? '' : ` (usually ${percent(usual.median)})`;
  return [
    signOf({
      kind: 'anomaly',
      target: service.name,
      about: 'error_ratio',
      severity: lately.median >= bar + 0.15 || lately.median >= 0.2 ? 'error' : 'warn',
      sinceMs: lately.sinceMs,
      text: `${percent(lately.median)} of requests to ${service.name} fail${before}`,
      from: 'series',
    }),
  ];
}

/** Are there more failures than chance makes of the usual share? Six deviations and four more. */
function areManyFailures(picture: Picture, service: ServicePicture, nowMs: number): boolean {
  if (service.requests === null) return true;
  const { requests, failed } = recentRequests(service.requests, 0, nowMs);
  const usual = picture.series.mean(service.name, 'error_ratio', nowMs - weekMs) ?? 0;
  const expected = requests * Math.min(0.1, usual);
  return failed >= Math.max(5, expected + 6 * Math.sqrt(expected) + 4);
}

function slowSigns(picture: Picture, service: ServicePicture, nowMs: number): readonly Sign[] {
  const slow = slowdownOf(picture, service, nowMs);
  // A probe that fails outright is a check's business.
  if (slow === null || slow.usual === 0) return [];
  const isGrave = slow.factor >= 5 && slow.now >= 500;
  // On a crowded machine everybody is slow: only plain suffering of users says something.
  const isEverybody = isCrowded(picture, nowMs) && !standsOut(picture, service.name, slow, nowMs);
  const isTold = slow.metric === 'probe_ms' || !isGrave;
  const crowdedSeverity = isTold ? 'info' : 'warn';
  return [
    signOf({
      kind: 'anomaly',
      target: service.name,
      about: slow.metric,
      severity: isEverybody ? crowdedSeverity : isGrave ? 'error' : 'warn',
      sinceMs: slow.sinceMs,
      text: `${service.name} ${slow.text}`,
      from: 'series',
    }),
  ];
}

type Figure = Readonly<{
  metric: Metric;
  words: string;
  severity: Sign['severity'];
  /** Smaller differences do not matter, in units and as a share of the usual. */
  least: number;
  leastShare: number;
}>;

const figures: readonly Figure[] = [
  {
    metric: 'error_lines_per_s',
    words: 'error lines a second',
    severity: 'warn',
    least: 1,
    leastShare: 3,
  },
  {
    metric: 'errors_per_s',
    words: 'reported errors a second',
    severity: 'warn',
    least: 0.2,
    leastShare: 3,
  },
  { metric: 'cpu', words: 'cores', severity: 'info', least: 0.3, leastShare: 1 },
  {
    metric: 'requests_per_s',
    words: 'requests a second',
    severity: 'info',
    least: 5,
    leastShare: 1,
  },
  {
    metric: 'lines_per_s',
    words: 'log lines a second',
    severity: 'info',
    least: 10,
    leastShare: 4,
  },
  { metric: 'connections_in', words: 'connections', severity: 'info', least: 30, leastShare: 1 },
  { metric: 'threads', words: 'threads', severity: 'info', least: 20, leastShare: 1 },
];

function figureSigns(
  picture: Picture,
  service: ServicePicture,
  { metric, words, severity, least, leastShare }: Figure,
  nowMs: number,
): readonly Sign[] {
  const last = picture.series.last(service.name, metric, nowMs);
  if (last === null || last < least) return [];
  const usual = picture.series.baseline(service.name, metric, nowMs);
  if (usual === null) return [];
  const bar = usual.median + Math.max(leastZ * usual.spread, least, usual.median * leastShare);
  if (last < bar) return [];
  const lately = recent(picture, service.name, metric, { nowMs, windowMs });
  if (lately === null || !holds(lately, (value) => value >= bar)) return [];
  const number = (value: number): string =>
    value < 10 ? value.toFixed(1) : `${Math.round(value)}`;
  return [
    signOf({
      kind: 'anomaly',
      target: service.name,
      about: metric,
      severity,
      sinceMs: lately.sinceMs,
      text: `${service.name}: ${number(lately.median)} ${words} (usually ${number(usual.median)})`,
      from: 'series',
    }),
  ];
}
