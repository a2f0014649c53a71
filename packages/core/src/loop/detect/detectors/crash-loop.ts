/**
 * Restarting is not the cure: the supervisor's restart intensity was exceeded, or nearly so.
 * Source: Erlang/OTP `supervisor`, "Restart intensity and period".
 */
import type { EndSeen, InstancePicture, ServicePicture } from '../../collect/picture.ts';
import { servesFor } from '../../collect/service-health.ts';
import type { Detector, Sign } from '../detector.ts';
import { signOf } from '../sign.ts';
import { isFailure, wordsOf } from './exit.ts';

const windowMs = 60_000;
/** As many failures within the window are a loop, also while each run looks healthy for a moment. */
const leastEnds = 3;
/** A run that serves for so long has left the loop; the supervisor keeps the word for longer. */
const servingMs = 10_000;

export const crashLoop: Detector = {
  id: 'crash-loop',
  flag: 'error_detection',
  clearMs: 10_000,
  detect: (picture, nowMs) =>
    [...picture.services.values()].flatMap((service) => signsOf(service, nowMs)),
};

function isLooping({ view, runSinceMs }: InstancePicture, nowMs: number): boolean {
  if (view.state !== 'crash-loop') return false;
  return view.token === null || !view.ready || nowMs - (runSinceMs ?? nowMs) < servingMs;
}

/** Well now, or ill anew after it had served for long enough. */
function isOver(service: ServicePicture, last: EndSeen | undefined, nowMs: number): boolean {
  const { unhealthySinceMs } = service;
  if (servesFor(service, servingMs, nowMs)) return true;
  return unhealthySinceMs === null || unhealthySinceMs > (last?.atMs ?? 0) + servingMs;
}

function signsOf(service: ServicePicture, nowMs: number): readonly Sign[] {
  const looping = [...service.instances.values()].find((one) => isLooping(one, nowMs));
  const ends = service.ends.filter(
    (end) => nowMs - end.atMs <= windowMs && isFailure(service, end),
  );
  const [first] = ends;
  const last = service.ends.findLast((end) => isFailure(service, end));
  if (looping === undefined && (ends.length < leastEnds || isOver(service, last, nowMs))) return [];
  const count = ends.length;
  const how = last === undefined ? '' : `; the last ${wordsOf(last)}`;
  return [
    signOf({
      kind: 'crash-loop',
      target: service.name,
      about: null,
      severity: 'error',
      sinceMs: first?.atMs ?? looping?.view.sinceMs ?? nowMs,
      text:
        looping === undefined
          ? `${service.name} ended ${count} times within a minute${how}`
          : `${service.name} keeps crashing; it is restarted ever more slowly${how}`,
      from: 'exit',
      also: ends
        .slice(-5)
        .map((end) => ({ kind: 'exit', text: `${end.instance} ${wordsOf(end)}`, atMs: end.atMs })),
    }),
  ];
}
