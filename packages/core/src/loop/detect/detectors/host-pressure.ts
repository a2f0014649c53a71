/**
 * Tasks wait for the processor, for memory or for disks: the machine is too small for what runs on
 * it now. A crowded processor is told; it is a warning when requests are plainly slow as well.
 */
import type { Picture } from '../../collect/picture.ts';
import type { Detector, Sign } from '../detector.ts';
import { holds, recent } from '../recent.ts';
import { signOf } from '../sign.ts';
import { slowdownOf } from '../slowdown.ts';

const windowMs = 60_000;
/** Of services that tell how long requests take. */
const slowTimes = 3;
const slowMs = 200;

const pressures = [
  { metric: 'psi_cpu', bar: 0.5, words: 'the processor' },
  { metric: 'psi_memory', bar: 0.2, words: 'memory' },
  { metric: 'psi_io', bar: 0.5, words: 'disks' },
] as const;

export const hostPressure: Detector = {
  id: 'host-pressure',
  flag: 'performance_monitoring',
  everyMs: 5_000,
  clearMs: 30_000,
  refractoryMs: 120_000,
  detect: (picture, nowMs) =>
    pressures.flatMap(({ metric, bar, words }) => {
      const last = picture.series.last('@host', metric, nowMs);
      if (last === null || last < bar) return [];
      const lately = recent(picture, '@host', metric, { nowMs, windowMs });
      if (lately === null || !holds(lately, (value) => value >= bar)) return [];
      const sufferer = slowest(picture, nowMs);
      const so = sufferer === null ? '' : `; ${sufferer}`;
      return signOf({
        kind: 'threshold',
        target: '@host',
        about: metric,
        severity: severityOf(metric, sufferer),
        sinceMs: lately.sinceMs,
        text: `tasks wait for ${words} ${Math.round(lately.median * 100)} % of the time${so}`,
        from: 'series',
      });
    }),
};

/** Memory is never crowded without harm; the rest only where somebody suffers. */
function severityOf(metric: string, sufferer: string | null): Sign['severity'] {
  return metric === 'psi_memory' || sufferer !== null ? 'warn' : 'info';
}

/** A service whose requests, not our probes of it, are plainly slow; null: none. */
function slowest(picture: Picture, nowMs: number): string | null {
  for (const service of picture.services.values()) {
    const slow = slowdownOf(picture, service, nowMs);
    if (slow === null || slow.metric !== 'request_p95_ms') continue;
    if (slow.factor >= slowTimes && slow.now >= slowMs) return `${service.name} ${slow.text}`;
  }
  return null;
}
