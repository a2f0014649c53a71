/**
 * How much it takes down at most: a bound on targets, and enough replicas that go on serving.
 *
 * The last healthy instance is touched only when the service is failing anyway. Source: medik8s
 * node healthcheck (`minHealthy: 51%`).
 */
import { chainFrom } from '../cost.ts';
import type { Gate, GateInput } from '../gate-input.ts';
import type { ServiceFacts } from '../stack-facts.ts';

/** These end processes, if only for a moment. */
const endings = new Set([
  'service.restart',
  'service.stop',
  'service.drain',
  'process.kill',
  'secret.reload',
]);

export const blastRadius: Gate = {
  name: 'blast-radius',
  ask: (input) => {
    const { targets, runbook, step, policy, approvedBy, nowMs } = input;
    // What its author names step by step is no selection that could grow by itself.
    const named = chainFrom(runbook, step.id).filter((one) => one.with['target'] !== undefined);
    const most = runbook.limits.maxTargets ?? Math.max(policy.maxTargets, named.length);
    if (targets.length === 0 || targets.length > most)
      return {
        text: `it touches ${targets.length} targets, at most ${most}`,
        stop: { kind: 'refuse', gate: 'blast-radius' },
      };
    const thin = targets.find((target) => leavesTooFew(input, target));
    if (thin === undefined) return { text: 'enough goes on serving', stop: null };
    const text = `too few healthy instances of ${thin} would be left`;
    if (approvedBy !== null) return { text: `${text}; ${approvedBy} said yes`, stop: null };
    return { text, stop: { kind: 'approve', untilMs: nowMs + policy.approvalMs } };
  },
};

function leavesTooFew(input: GateInput, target: string): boolean {
  const service = input.facts.services.get(target);
  if (service === undefined || !takesDown(input) || service.healthy === 0) return false;
  if (service.wanted <= 1) return !input.suffering.includes(target);
  const spared = namesUnhealthy(input, service) ? 0 : 1;
  return service.healthy - spared < leastHealthy(service.wanted, input.policy.keepHealthyRatio);
}

/** With two replicas one may go, or nothing could ever be done. */
function leastHealthy(wanted: number, ratio: number): number {
  return Math.min(wanted - 1, Math.ceil(ratio * wanted));
}

function namesUnhealthy({ params }: GateInput, service: ServiceFacts): boolean {
  return service.unhealthyInstances.includes(String(params['instance'] ?? ''));
}

function takesDown({ action, params }: GateInput): boolean {
  if (action.name === 'process.signal')
    return !/CONT$|HUP$|USR[12]$/.test(String(params['signal']));
  return endings.has(action.name);
}
