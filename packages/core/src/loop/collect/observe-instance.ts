/**
 * What the supervisor tells of an instance, taken into its service's picture: its run, how runs
 * ended, and whether the service is wanted at all.
 *
 * Views may be joined on the way: an end is known by the token of the last ended run, not by having
 * seen a state in between.
 */
import type { InstanceView } from '../../supervise/instance-view.ts';
import type { InstancePicture, ServicePicture } from './picture.ts';

const mostEnds = 50;

export function takeInstance(service: ServicePicture, view: InstanceView, nowMs: number): void {
  const known = service.instances.get(view.instance);
  noteEnd(service, known, view, nowMs);
  noteWant(service, known, view);
  if (known === undefined) {
    service.instances.set(view.instance, openInstance(view, nowMs));
    return;
  }
  if (known.view.token !== view.token) {
    known.runSinceMs = view.token === null ? null : nowMs;
    known.wasReady = false;
    known.readySinceMs = null;
    known.processState = null;
    known.processStateSinceMs = nowMs;
    known.zombies = 0;
    forgetVerdicts(service, view.instance);
  }
  known.wasReady ||= view.ready;
  known.readySinceMs = view.ready ? (known.readySinceMs ?? nowMs) : null;
  known.view = view;
}

/** Returns whether it was one of this service's. */
export function takeInstanceGone(service: ServicePicture, instance: string): boolean {
  for (const key of service.checks.keys()) {
    if (key.startsWith(`${instance}/`)) service.checks.delete(key);
  }
  return service.instances.delete(instance);
}

function openInstance(view: InstanceView, nowMs: number): InstancePicture {
  return {
    view,
    runSinceMs: view.token === null ? null : Math.min(nowMs, view.startedAtMs ?? nowMs),
    wasReady: view.ready,
    readySinceMs: view.ready ? Math.min(nowMs, view.sinceMs) : null,
    processState: null,
    processStateSinceMs: nowMs,
    zombies: 0,
  };
}

/** A new run: the verdicts over the last one say nothing of it. */
function forgetVerdicts(service: ServicePicture, instance: string): void {
  for (const [key, check] of service.checks) {
    if (!key.startsWith(`${instance}/`)) continue;
    check.downSinceMs = null;
    check.failingSinceMs = null;
    check.foreignSinceMs = null;
    check.everUp = false;
  }
}

function noteEnd(
  service: ServicePicture,
  known: InstancePicture | undefined,
  view: InstanceView,
  nowMs: number,
): void {
  const { lastExit, lastToken } = view;
  if (lastExit === null || lastToken === null) return;
  if (known !== undefined && known.view.lastToken === lastToken) return;
  if (service.ends.some(({ token }) => token === lastToken)) return;
  // What ended before we looked has its own time; what ends now ends by the loop's clock.
  const atMs = known === undefined ? Math.min(nowMs, lastExit.atMs) : nowMs;
  const ranSinceMs = known?.view.token === lastToken ? known.runSinceMs : null;
  service.ends.push({
    atMs,
    instance: view.instance,
    token: lastToken,
    code: lastExit.code,
    posixSignal: lastExit.posixSignal,
    // Whoever held it to its memory, Fettle or the kernel: it is the same end.
    endedBy: lastExit.endedBy ?? (lastExit.outOfMemory === true ? 'memory-limit' : null),
    ranMs: ranSinceMs === null ? null : Math.max(0, atMs - ranSinceMs),
  });
  if (service.ends.length > mostEnds) service.ends.shift();
}

/**
 * `stopped` is the supervisor's word for "asked to be down". Leaving it means that it was asked for
 * again; a state that merely arrives late after an intent changes nothing.
 */
function noteWant(
  service: ServicePicture,
  known: InstancePicture | undefined,
  view: InstanceView,
): void {
  if (view.state === 'stopped') {
    const others = [...service.instances.values()].filter((one) => one !== known);
    if (others.every((one) => one.view.state === 'stopped')) service.want = 'down';
  } else if (known?.view.state === 'stopped' && view.state !== 'stopping') {
    service.want = 'up';
  }
}
