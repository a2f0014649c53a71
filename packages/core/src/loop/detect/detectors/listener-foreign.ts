/**
 * Somebody else answers in our place: the check was answered by a process that is not the one we
 * started, an orphan of an earlier run or a stranger. A green check of it means nothing.
 */
import type { Detector } from '../detector.ts';
import { signOf } from '../sign.ts';

/** Between the end of one run and the start of the next the port may change hands. */
const leastMs = 3_000;

export const listenerForeign: Detector = {
  id: 'listener-foreign',
  flag: 'error_detection',
  detect: (picture, nowMs) =>
    [...picture.services.values()].flatMap((service) =>
      [...service.checks.values()].flatMap(({ last, foreignSinceMs }) => {
        if (foreignSinceMs === null || nowMs - foreignSinceMs < leastMs) return [];
        return signOf({
          kind: 'listener-foreign',
          target: service.name,
          about: null,
          severity: 'error',
          sinceMs: foreignSinceMs,
          text: `check ${last.check} of ${last.instance} is answered by a process that is not ours`,
          from: 'port',
        });
      }),
    ),
};
