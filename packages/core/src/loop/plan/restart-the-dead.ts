/**
 * Is this act only the return of something that died or was stopped behind our back?
 *
 * It is the one thing that a new installation does by itself: nothing that still works can be lost
 * by it. Waking a stopped process (SIGCONT) is the same kind of act.
 */
import type { GateInput } from './gate-input.ts';

export type Act = Pick<GateInput, 'action' | 'params' | 'targets' | 'facts'>;

export function restartsTheDead({ action, params, targets, facts }: Act): boolean {
  if (targets.length === 0) return false;
  return targets.every((target) => {
    const service = facts.services.get(target);
    if (service === undefined || service.want === 'down') return false;
    const instance = String(params['instance'] ?? '');
    switch (action.name) {
      case 'service.start':
        return service.deadInstances.length > 0;
      case 'service.restart':
        return instance === '' ? service.dead : service.deadInstances.includes(instance);
      case 'process.signal':
        return /^(SIG)?CONT$/.test(String(params['signal'] ?? ''));
      default:
        return false;
    }
  });
}
