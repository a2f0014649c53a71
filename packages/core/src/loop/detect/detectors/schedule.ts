/**
 * A job that the clock runs and that does not do its work: it was missed, waits for what it
 * needs, takes too long, or its last run failed. Nobody calls it, so nobody else would notice.
 */
import { exitText } from '../../../supervise/exit-text.ts';
import type { InstanceView } from '../../../supervise/instance-view.ts';
import type { Detector } from '../detector.ts';
import { signOf } from '../sign.ts';

export const schedule: Detector = {
  id: 'schedule',
  flag: 'error_detection',
  detect: (picture, nowMs) =>
    [...picture.services.values()].flatMap((service) =>
      [...service.instances.values()].flatMap(({ view }) => {
        const text = troubleOf(view);
        if (text === null) return [];
        return signOf({
          kind: 'schedule',
          target: service.name,
          about: null,
          severity: 'error',
          sinceMs: nowMs,
          text: `${service.name}: ${text}`,
          from: 'journal',
        });
      }),
    ),
};

function troubleOf({ schedule: plan, state, lastExit }: InstanceView): string | null {
  if (plan === undefined || state === 'stopped') return null;
  if (plan.alarm !== null) return plan.alarm;
  if (state !== 'failed' || lastExit === null) return null;
  return `its last run failed: ${exitText(lastExit)}`;
}
