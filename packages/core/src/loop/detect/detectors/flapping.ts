/**
 * A check that comes and goes. Restarting per dip makes it worse; it is held and told once.
 * Source: Nagios Core, "Detection and Handling of State Flapping" (50 % begins, 25 % ends, over the
 * last 21 checks).
 */
import { changeRatio } from '../../../stack/health-state.ts';
import type { CheckPicture, ServicePicture } from '../../collect/picture.ts';
import type { Detector, Sign } from '../detector.ts';
import { signOf } from '../sign.ts';

const checks = 21;
const beginRatio = 0.5;

export const flapping: Detector = {
  id: 'flapping',
  flag: 'error_detection',
  clearMs: 30_000,
  detect: (picture) =>
    [...picture.services.values()].flatMap((service) =>
      [...service.checks.values()].flatMap((check) => signsOf(service, check)),
    ),
};

function signsOf(service: ServicePicture, { last, results }: CheckPicture): readonly Sign[] {
  const lately = results.slice(-checks);
  const ratio = changeRatio(lately.map(({ ok }) => ok));
  // The check's own verdict knows when it ends; ours also looks across restarts.
  if (!last.flapping && ratio < beginRatio) return [];
  const failed = lately.filter(({ ok }) => !ok).length;
  return [
    signOf({
      kind: 'flapping',
      target: service.name,
      about: last.check,
      severity: last.required ? 'error' : 'warn',
      sinceMs: lately[0]?.atMs ?? last.atMs,
      text: `check ${last.check} of ${last.instance} comes and goes: ${failed} of the last ${lately.length} failed`,
      from: 'check',
    }),
  ];
}
