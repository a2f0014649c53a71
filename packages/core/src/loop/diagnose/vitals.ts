/** Is it there, does it run, how did it end: the plain facts that many rules ask of a service. */
import type { ServiceExam } from '../collect/exam.ts';
import { isLive } from '../collect/service-health.ts';
import type { CheckPicture, EndSeen, ServicePicture } from '../collect/picture.ts';

const ownReasons = new Set(['hang', 'memory-limit', 'process-limit', 'port-stolen', 'hook-failed']);

/** Some instance has a process (an external one counts as there). */
export function isAlive(service: ServicePicture): boolean {
  return [...service.instances.values()].some(
    (one) => isLive(one) || one.view.state === 'external',
  );
}

/** It should run, and none of its instances does. */
export function isDown(service: ServicePicture): boolean {
  if (service.want === 'down' || service.definition.external) return false;
  const own = [...service.instances.values()];
  if (own.length === 0) return false;
  // What listens or is checked is meant to stay: that it ended well does not help its callers.
  const stays = !service.definition.oneShot && portsOf(service).length > 0;
  const ended = stays
    ? /^(?:backing-off|crash-loop|failed|done)$/
    : /^(?:backing-off|crash-loop|failed)$/;
  return own.every((one) => !isLive(one) && ended.test(one.view.state));
}

/** Waits for others and does not run: what it lacks is theirs. */
export function isWaiting(service: ServicePicture): boolean {
  return [...service.instances.values()].every(({ view }) => view.state === 'waiting');
}

/** In state T by the sweep or by a closer look; `t` is a debugger's and is left alone. */
export function stoppedPid(service: ServicePicture, exam: ServiceExam | null): number | null {
  const seen = exam?.processes.find(({ state, ours }) => state === 'T' && ours);
  if (seen !== undefined) return seen.pid;
  if (exam !== null && exam.processes.some(({ ours }) => ours)) return null;
  const one = [...service.instances.values()].find(({ processState }) => processState === 'T');
  return one === undefined ? null : (one.view.pid ?? 0);
}

/** Checks whose verdict is down. */
export function downChecks(service: ServicePicture): readonly CheckPicture[] {
  return [...service.checks.values()].filter(({ last }) => last.up === false);
}

const silent = /no answer|timed? ?out|timeout|ETIMEDOUT|deadline|abort|hung up|no response/i;
const refused = /refused|not listening|nothing listens|ECONNREFUSED/i;

export function isSilent(check: CheckPicture): boolean {
  if (isHeartbeat(check)) return false;
  return check.last.answer === 'silent' || silent.test(check.last.detail);
}

export function isHeartbeat(check: CheckPicture): boolean {
  return /heartbeat|no ping in|last ping/i.test(check.last.detail);
}

export function isRefused(check: CheckPicture): boolean {
  return check.last.answer === 'absent' || refused.test(check.last.detail);
}

/** Ends that nobody asked for, or that we brought about because it was ill. */
export function ownEnds(service: ServicePicture, sinceMs: number): readonly EndSeen[] {
  return service.ends.filter(
    (end) =>
      end.atMs >= sinceMs &&
      (end.endedBy === null
        ? end.code !== 0 || end.posixSignal !== null
        : ownReasons.has(end.endedBy)),
  );
}

/** All its checks passed lately. */
export function isGreen(service: ServicePicture): boolean {
  const checks = [...service.checks.values()];
  return checks.length > 0 && checks.every(({ last }) => last.ok && last.up !== false);
}

/** The ports it has; while it is down or when it is not ours to run, those it should have. */
export function portsOf({ instances, definition }: ServicePicture): readonly number[] {
  const live = [...instances.values()].flatMap(({ view }) => view.port?.port ?? []);
  if (live.length > 0) return live;
  const outside = /:(\d{2,5})(?:[/?#]|$)/.exec(definition.externalUrl ?? '')?.[1];
  if (outside !== undefined) return [Number(outside)];
  return definition.port?.preferred.slice(0, 1).map(({ from }) => from) ?? [];
}

/** The processes of the service itself in a closer look. */
export function ownProcesses(exam: ServiceExam | null): ServiceExam['processes'] {
  return exam?.processes.filter(({ ours }) => ours) ?? [];
}
