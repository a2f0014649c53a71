/**
 * Figures against their limits: handles, memory, and the processor where somebody suffers from it.
 *
 * A busy processor alone is never enough: a job at 100 % with normal latency does its work.
 */
import type { Picture, ServicePicture } from '../../collect/picture.ts';
import type { Detector, Sign } from '../detector.ts';
import { isCrowded } from '../pressure.ts';
import { holds, isSettled, liveCount, recent } from '../recent.ts';
import { signOf } from '../sign.ts';
import { slowdownOf } from '../slowdown.ts';

const nearLimit = 0.9;
const shortMs = 15_000;
/** Of its quota, for so long; less where others want the processor, too, but then plainly slow. */
const busyRatio = 0.85;
const crowdedBusyRatio = 0.65;
const crowdedSlowMs = 250;
const busyMs = 30_000;

export const threshold: Detector = {
  id: 'threshold',
  flag: 'performance_monitoring',
  everyMs: 5_000,
  clearMs: 15_000,
  detect: (picture, nowMs) =>
    [...picture.services.values()].flatMap((service) => [
      ...limitSigns(picture, service, nowMs),
      ...busySigns(picture, service, nowMs),
    ]),
};

const limited = [
  { metric: 'fds', limit: 'openFiles', words: 'open handles', perUnit: 1 },
  { metric: 'rss_bytes', limit: 'memoryBytes', words: 'MiB of memory', perUnit: 1_048_576 },
  { metric: 'threads', limit: 'processes', words: 'threads', perUnit: 1 },
] as const;

function limitSigns(picture: Picture, service: ServicePicture, nowMs: number): readonly Sign[] {
  return limited.flatMap(({ metric, limit, words, perUnit }) => {
    const one = service.definition.limits[limit];
    if (one === null) return [];
    const most = one * Math.max(1, liveCount(service));
    const last = picture.series.last(service.name, metric, nowMs);
    if (last === null || last < most * nearLimit) return [];
    const lately = recent(picture, service.name, metric, { nowMs, windowMs: shortMs });
    if (lately === null || !holds(lately, (value) => value >= most * nearLimit)) return [];
    return signOf({
      kind: 'threshold',
      target: service.name,
      about: metric,
      severity: 'error',
      sinceMs: lately.sinceMs,
      text: `${service.name} uses ${Math.round(last / perUnit)} of ${Math.round(most / perUnit)} ${words}`,
      from: 'series',
    });
  });
}

function busySigns(picture: Picture, service: ServicePicture, nowMs: number): readonly Sign[] {
  const last = picture.series.last(service.name, 'cpu', nowMs);
  // Most programs turn on one core; what may use more says so by its quota.
  const quota = (service.definition.limits.cpus ?? 1) * Math.max(1, liveCount(service));
  const crowded = isCrowded(picture, nowMs);
  const bar = quota * (crowded ? crowdedBusyRatio : busyRatio);
  if (last === null || last < bar || !isSettled(service, busyMs, nowMs)) return [];
  const lately = recent(picture, service.name, 'cpu', { nowMs, windowMs: busyMs });
  if (lately === null || !holds(lately, (value) => value >= bar)) return [];
  const slow = slowdownOf(picture, service, nowMs);
  if (slow === null || (crowded && slow.now < crowdedSlowMs)) return [];
  const text = `${service.name} uses ${last.toFixed(1)} cores and ${slow.text}`;
  return [
    signOf({
      kind: 'threshold',
      target: service.name,
      about: 'cpu',
      severity: 'error',
      sinceMs: lately.sinceMs,
      text,
      from: 'series',
    }),
  ];
}
