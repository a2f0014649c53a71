/**
 * The process lives and no longer answers: liveness is down by silence. An answer, be it 503,
 * proves that the process moves, and may be about a dependency.
 */
import type { CheckPicture, InstancePicture, ServicePicture } from '../../collect/picture.ts';
import { isLive } from '../../collect/service-health.ts';
import type { Detector, Sign } from '../detector.ts';
import { signOf } from '../sign.ts';
import { isOutlived } from './exit.ts';

const leastMs = 4_000;
/** What was ended longer ago is another story. */
const mostMs = 120_000;

export const hang: Detector = {
  id: 'hang',
  flag: 'error_detection',
  detect: (picture, nowMs) =>
    [...picture.services.values()].flatMap((service) => [
      ...[...service.checks.values()].flatMap((check) => signsOf(service, check, nowMs)),
      ...endedSigns(service, nowMs),
    ]),
};

/** It was ended for a hang and does not serve yet: the story is not over. */
function endedSigns(service: ServicePicture, nowMs: number): readonly Sign[] {
  const end = service.ends.findLast(({ endedBy }) => endedBy === 'hang');
  if (end === undefined || nowMs - end.atMs > mostMs) return [];
  if (isOutlived(service, end) && nowMs - end.atMs > leastMs) return [];
  const text = `${end.instance} no longer answered and was ended`;
  return [hangSign(service, text, end.atMs)];
}

function signsOf(service: ServicePicture, check: CheckPicture, nowMs: number): readonly Sign[] {
  const { last, failingSinceMs, downSinceMs } = check;
  const instance = service.instances.get(last.instance);
  if (instance === undefined || downSinceMs === null || !isSilent(instance, check)) return [];
  const sinceMs = failingSinceMs ?? downSinceMs;
  if (nowMs - sinceMs < leastMs) return [];
  const text = `${last.instance} lives and does not answer: ${last.detail}`;
  return [hangSign(service, text, sinceMs)];
}

function hangSign({ name }: ServicePicture, text: string, sinceMs: number): Sign {
  const from = 'check';
  return signOf({
    kind: 'hang',
    target: name,
    about: null,
    severity: 'error',
    sinceMs,
    text,
    from,
  });
}

/** Is this check down because the live process says nothing? Readiness alone never tells so. */
export function isSilent(instance: InstancePicture, { last, downSinceMs }: CheckPicture): boolean {
  if (downSinceMs === null || last.role === 'readiness' || !isLive(instance)) return false;
  if (last.attested === false) return false;
  return last.role === 'liveness' || (last.answer ?? answerIn(last.detail)) === 'silent';
}

/** From the probes' own words, which say `in 2s` of what did not come within a time. */
function answerIn(detail: string): 'silent' | 'answered' {
  return / in \d+(?:\.\d+)?m?s$|^last ping /.test(detail) ? 'silent' : 'answered';
}
