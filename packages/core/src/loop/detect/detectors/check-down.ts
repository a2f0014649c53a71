/**
 * A check is down while its process lives, and it is not the process itself that stands still (that
 * is `hang`). Down is the verdict over several probes; one blip of a few seconds is none.
 */
import type { CheckPicture, ServicePicture } from '../../collect/picture.ts';
import { isLive } from '../../collect/service-health.ts';
import type { Detector, Sign } from '../detector.ts';
import { signOf } from '../sign.ts';
import { isSilent } from './hang.ts';

/** A dip that is over sooner is nobody's business, whatever the check's interval. */
const leastMs = 4_000;

export const checkDown: Detector = {
  id: 'check-down',
  flag: 'error_detection',
  detect: (picture, nowMs) =>
    [...picture.services.values()].flatMap((service) =>
      [...service.checks.values()].flatMap((check) => signsOf(service, check, nowMs)),
    ),
};

function signsOf(service: ServicePicture, check: CheckPicture, nowMs: number): readonly Sign[] {
  const { last, downSinceMs, failingSinceMs } = check;
  // A probe that was answered well again is on its way up, whatever the verdict says as yet.
  if (downSinceMs === null || failingSinceMs === null || last.flapping || last.attested === false)
    return [];
  const instance = service.instances.get(last.instance);
  if (instance === undefined) return [];
  if (instance.view.state !== 'external' && !isLive(instance)) return [];
  if (isSilent(instance, check)) return [];
  if (nowMs - failingSinceMs < leastMs) return [];
  return [
    signOf({
      kind: 'check-down',
      target: service.name,
      about: last.check,
      severity: last.required ? 'error' : 'warn',
      sinceMs: failingSinceMs,
      text: `check ${last.check} of ${last.instance} fails: ${last.detail}`,
      from: 'check',
    }),
  ];
}
