/** Is a service doing what it is there for, as far as the supervisor and its checks tell? */
import type { InstancePicture, ServicePicture } from './picture.ts';

/** All its instances are ready (a job: has ended well or is at work) and no needed check is down. */
export function isHealthy(service: ServicePicture): boolean {
  if (service.instances.size === 0) return service.definition.replicas === 0;
  for (const instance of service.instances.values()) {
    if (!isServing(service, instance)) return false;
  }
  for (const { last, downSinceMs } of service.checks.values()) {
    if (last.required && downSinceMs !== null) return false;
  }
  return true;
}

function isServing(service: ServicePicture, { view }: InstancePicture): boolean {
  if (view.state === 'done') return true;
  if (service.definition.oneShot) return view.state === 'running' || view.state === 'starting';
  return (view.state === 'running' || view.state === 'external') && view.ready;
}

/** All its instances have been ready for so long, whatever the supervisor still calls them. */
export function servesFor(service: ServicePicture, ms: number, nowMs: number): boolean {
  const own = [...service.instances.values()];
  return (
    own.length > 0 &&
    own.every(({ readySinceMs }) => readySinceMs !== null && nowMs - readySinceMs >= ms)
  );
}

/** Has a live run that is neither being stopped nor waited for. */
export function isLive({ view }: InstancePicture): boolean {
  return view.state === 'running' || view.state === 'starting' || isCrashLoopRun(view);
}

function isCrashLoopRun(view: InstancePicture['view']): boolean {
  return view.state === 'crash-loop' && view.token !== null;
}
