/** One line drowns the log: nearly all bytes are its, at many times the usual rate. */
import { readAccess } from '../../collect/access-log.ts';
import type { Picture, ServicePicture } from '../../collect/picture.ts';
import type { Detector, Sign } from '../detector.ts';
import { holds, isSettled, recent } from '../recent.ts';
import { signOf } from '../sign.ts';
import { clip } from './template-new.ts';

const windowMs = 20_000;
const shareOfBytes = 0.95;
const times = 20;
const leastBytesPerS = 30_000;
/** Of a service whose quiet was never seen. */
const plainFloodBytesPerS = 1_000_000;
/** A baseline of fewer readings may be of the flood itself. */
const enoughPoints = 60;
const quietMs = 30_000;
/** Who starts may be silent for so long. */
const startMs = 60_000;

export const logFlood: Detector = {
  id: 'log-flood',
  flag: 'pattern_analysis',
  everyMs: 5_000,
  clearMs: 15_000,
  detect: (picture, nowMs) =>
    [...picture.services.values()].flatMap((service) => signsOf(picture, service, nowMs)),
};

function signsOf(picture: Picture, service: ServicePicture, nowMs: number): readonly Sign[] {
  const last = picture.series.last(service.name, 'log_bytes_per_s', nowMs);
  if (last === null || last < leastBytesPerS) return [];
  // What an earlier run wrote is not this one's.
  if (!isSettled(service, windowMs, nowMs)) return [];
  const quiet = quietOf(picture, service, nowMs);
  const bar = quiet === null ? plainFloodBytesPerS : Math.max(leastBytesPerS, quiet * times);
  const lately = recent(picture, service.name, 'log_bytes_per_s', { nowMs, windowMs });
  if (lately === null || !holds(lately, (value) => value >= bar)) return [];
  const loudest = loudestOf(service, nowMs);
  if (loudest === null) return [];
  const rate = `${Math.round(lately.median / 1_000)} kB/s`;
  return [
    signOf({
      kind: 'template-surge',
      target: service.name,
      about: 'flood',
      severity: 'error',
      sinceMs: lately.sinceMs,
      text: `${service.name} floods its log with ${rate} of one line: ${clip(loudest)}`,
      from: 'template',
    }),
  ];
}

/**
 * What it logs when all is well: its baseline, or for a young service what its least readings say
 * of half a minute, the time before its first word among them. null: too little was seen.
 */
function quietOf(picture: Picture, service: ServicePicture, nowMs: number): number | null {
  const baseline = picture.series.baseline(service.name, 'log_bytes_per_s', nowMs);
  if (baseline !== null && baseline.points >= enoughPoints) return baseline.median;
  const spokeMs = Math.min(...service.templates.templates().map(({ firstMs }) => firstMs));
  const readings = [{ value: 0, forMs: spokeMs - service.firstSeenMs - startMs }];
  let fromMs = spokeMs;
  for (const { atMs, value } of picture.series.points(service.name, 'log_bytes_per_s', 0)) {
    if (atMs < nowMs - windowMs) readings.push({ value, forMs: atMs - fromMs });
    fromMs = atMs;
  }
  let leftMs = quietMs;
  for (const { value, forMs } of readings.toSorted((one, other) => one.value - other.value)) {
    leftMs -= Math.max(0, forMs);
    if (leftMs <= 0) return value;
  }
  return null;
}

/** An example of the template that nearly all bytes are of; null: it is not one alone. */
function loudestOf({ templates }: ServicePicture, nowMs: number): string | null {
  let total = 0;
  let most = 0;
  let example: string | null = null;
  for (const template of templates.templates()) {
    if (nowMs - template.lastMs > 2 * windowMs) break;
    const count = templates.countSince(template.id, nowMs - windowMs, nowMs + 10_000);
    const bytes = (count * template.bytes) / Math.max(1, template.count);
    total += bytes;
    if (bytes <= most) continue;
    most = bytes;
    example = template.example;
  }
  // Many requests make many lines of an access log: that is traffic, and no flood.
  if (example === null || readAccess(example) !== null) return null;
  return most / total >= shareOfBytes ? example : null;
}
