/** When waiting longer for a service makes no sense any more. */
import type { ServiceStatus } from '@fettle/sdk/api/status';

/** A single crash may be forgiven by its immediate restart; this much trouble is no accident. */
const badForMs = 1_500;

/** Failing for good, or for long enough that people should hear it. */
export function isSettledBadly(service: ServiceStatus, nowMs: number): boolean {
  if (service.state === 'crash-loop' || service.rolling?.phase === 'stopped') return true;
  if (isRolling(service)) return false;
  if (service.state === 'affected') return nowMs - Date.parse(service.since) >= badForMs;
  if (service.state !== 'failing') return false;
  const planned = service.instances.some((instance) => instance.nextStartAt !== null);
  if (service.restarts >= 2 || (!planned && service.pid === null)) return true;
  return nowMs - Date.parse(service.since) >= badForMs;
}

/** Up, as far as it is meant to be. What is being stopped is no more up than it is stopped. */
export function isUp(service: ServiceStatus): boolean {
  if ((service.rolling ?? null) !== null) return false;
  return ['ok', 'degraded', 'done'].includes(service.state) || isStopped(service);
}

/** Its replicas are just being replaced; what one of them shows is no verdict. */
function isRolling({ rolling }: ServiceStatus): boolean {
  return rolling?.phase === 'under-way';
}

/** Stopped, and no process of it ends any more: what it held is free. */
export function isStopped({ state, instances }: ServiceStatus): boolean {
  return state === 'stopped' && instances.every(({ pid }) => pid === null);
}
