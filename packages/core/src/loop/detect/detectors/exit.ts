/**
 * A run that ended without being asked to. The supervisor restarts it at once; the symptom stays
 * until the next run serves, so that a crash which a restart did not cure is still known.
 */
import type { EndSeen, Picture, ServicePicture } from '../../collect/picture.ts';
import { servesFor } from '../../collect/service-health.ts';
import type { Detector, Sign } from '../detector.ts';
import { signOf } from '../sign.ts';

/** Shown at least this long, that a crash mended at once is not overlooked. */
const leastMs = 5_000;
/** A run that serves for so long has outlived it, also where the supervisor keeps the old word. */
const servingMs = 10_000;
/** An older end is history, whatever the state is now: other detectors tell what is wrong. */
const mostMs = 120_000;

/** What Fettle ended for the service's own fault is its failure all the same. */
const faults: Readonly<Record<string, string>> = {
  'memory-limit': 'went over its memory limit',
  'process-limit': 'went over its limit of processes',
  'port-stolen': 'lost its port to another process',
  'hook-failed': 'was ended because its after_start hook failed',
};

export const exit: Detector = {
  id: 'exit',
  flag: 'error_detection',
  detect: (picture, nowMs) =>
    [...picture.services.values()].flatMap((service) => signsOf(picture, service, nowMs)),
};

function signsOf(picture: Picture, service: ServicePicture, nowMs: number): readonly Sign[] {
  const end = service.ends.findLast((one) => isFailure(service, one));
  if (end === undefined || nowMs - end.atMs > mostMs) return [];
  const mended = isOutlived(service, end) || servesFor(service, servingMs, nowMs);
  if (mended && nowMs - end.atMs > leastMs) return [];
  const isMinor = service.definition.oneShot && !isWaitedFor(picture, service);
  return [
    signOf({
      kind: 'exit',
      target: service.name,
      about: null,
      severity: isMinor ? 'info' : 'error',
      sinceMs: end.atMs,
      text: `${end.instance} ${wordsOf(end)}`,
      from: 'exit',
    }),
  ];
}

/** It served since; what ails it now began later. */
export function isOutlived({ unhealthySinceMs }: ServicePicture, end: EndSeen): boolean {
  return unhealthySinceMs === null || unhealthySinceMs > end.atMs;
}

/** Did this end need explaining? A job that did its work and an end by plan do not. */
export function isFailure(service: ServicePicture, end: EndSeen): boolean {
  if (end.endedBy !== null) return end.endedBy in faults;
  const clean = end.code === 0 && end.posixSignal === null;
  const { oneShot, restart } = service.definition;
  return !(clean && (oneShot || restart === 'no' || restart === 'on-failure'));
}

/** Does another service wait for this job to end well? */
function isWaitedFor(picture: Picture, job: ServicePicture): boolean {
  return [...picture.services.values()].some(({ definition }) =>
    definition.dependsOn.some(
      ({ service, condition }) =>
        service === job.name && condition === 'service_completed_successfully',
    ),
  );
}

export function wordsOf(end: EndSeen): string {
  const fault = end.endedBy === null ? undefined : faults[end.endedBy];
  if (fault !== undefined) return fault;
  if (end.code === null) return 'ended, and nobody saw how';
  const as = end.posixSignal === null ? '' : ` (${end.posixSignal} or exit)`;
  return `exited with code ${end.code}${as}`;
}
