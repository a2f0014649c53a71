/** Children that ended and were never waited for: each keeps a place in the table of processes. */
import type { Detector } from '../detector.ts';
import { holds, recent } from '../recent.ts';
import { signOf } from '../sign.ts';

/** A few come and go in every busy parent. */
const least = 5;
const many = 200;
const windowMs = 30_000;

export const zombies: Detector = {
  id: 'zombies',
  flag: 'performance_monitoring',
  everyMs: 5_000,
  clearMs: 15_000,
  detect: (picture, nowMs) =>
    [...picture.services.keys()].flatMap((name) => {
      const last = picture.series.last(name, 'zombies', nowMs);
      if (last === null || last < least) return [];
      const lately = recent(picture, name, 'zombies', { nowMs, windowMs });
      if (lately === null || !holds(lately, (value) => value >= least)) return [];
      return signOf({
        kind: 'zombies',
        target: name,
        about: null,
        severity: last >= many ? 'error' : 'warn',
        sinceMs: lately.sinceMs,
        text: `${name} has ${Math.round(last)} defunct children that it does not wait for`,
        from: 'process',
      });
    }),
};
