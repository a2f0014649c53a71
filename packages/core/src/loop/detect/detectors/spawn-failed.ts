/** It could not even be started: no such program, no right to run it, no memory. */
import type { Detector } from '../detector.ts';
import { signOf } from '../sign.ts';

export const spawnFailed: Detector = {
  id: 'spawn-failed',
  flag: 'error_detection',
  detect: (picture, nowMs) =>
    [...picture.services.values()].flatMap((service) =>
      [...service.instances.values()].flatMap(({ view }) => {
        if (view.spawnError === null || view.token !== null || view.state === 'stopped') return [];
        return signOf({
          kind: 'spawn-failed',
          target: service.name,
          about: null,
          severity: 'error',
          sinceMs: Math.min(nowMs, view.sinceMs),
          text: `${view.instance} cannot be started: ${view.spawnError.message}`,
          from: 'exit',
        });
      }),
    ),
};
