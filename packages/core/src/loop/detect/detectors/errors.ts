/** Errors that the service reported itself (`POST /api/v1/errors`), by fingerprint. */
import type { Picture, ServicePicture } from '../../collect/picture.ts';
import type { Detector, Sign } from '../detector.ts';
import { signOf } from '../sign.ts';
import { clip } from './template-new.ts';

const learningMs = 600_000;
/** A fingerprint is new for so long, and told while it was seen lately. */
const newMs = 600_000;
const recentMs = 60_000;
const warnCount = 5;

export const errors: Detector = {
  id: 'errors',
  flag: 'error_detection',
  everyMs: 5_000,
  clearMs: 30_000,
  refractoryMs: 300_000,
  detect: (picture, nowMs) =>
    [...picture.services.values()].flatMap((service) => signsOf(picture, service, nowMs)),
};

function signsOf(picture: Picture, service: ServicePicture, nowMs: number): readonly Sign[] {
  const knownMs = nowMs - Math.max(service.firstSeenMs, picture.openedMs);
  return [...service.errors.values()].flatMap((one) => {
    if (nowMs - one.atMs > recentMs || nowMs - one.firstMs > newMs) return [];
    const often = one.count >= warnCount && knownMs >= learningMs;
    const release = one.release === null ? '' : ` (release ${one.release})`;
    return signOf({
      kind: 'errors',
      target: service.name,
      about: one.fingerprint,
      severity: often ? 'warn' : 'info',
      sinceMs: one.firstMs,
      text: `${service.name} reports a new error${release}, ${one.count} times: ${clip(one.message)}`,
      from: 'log',
    });
  });
}
