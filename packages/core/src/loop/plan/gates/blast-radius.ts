/**
 * How much it takes down at most: a bound on targets, and enough replicas that go on serving.
 *
 * The last healthy instance is touched only when the service is failing anyway: by its own
 * symptoms, or as the cause of what others suffer (a peer that accepts and never answers is green
 * and serves nobody). What leaks would fail for certain: where a person gave full leave, it is
 * recycled before that, in a quiet moment. Source: medik8s node healthcheck (`minHealthy: 51%`).
 */
import { leaks } from '../../diagnose/class-traits.ts';
import type { DiagnosisClass } from '../../diagnose/diagnosis.ts';
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

/** When it is asked again whether the moment is quiet. */
const quietMs = 30_000;

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
    if (approvedBy === null && isRecycledLater(input, thin))
      return {
        text: `${thin} is asked more than usual: it is recycled in a quiet moment`,
        stop: { kind: 'wait', untilMs: nowMs + quietMs, gate: 'blast-radius' },
      };
    const text = `too few healthy instances of ${thin} would be left`;
    if (approvedBy !== null) return { text: `${text}; ${approvedBy} said yes`, stop: null };
    return { text, stop: { kind: 'approve', untilMs: nowMs + policy.approvalMs } };
  },
};

function leavesTooFew(input: GateInput, target: string): boolean {
  const service = input.facts.services.get(target);
  if (service === undefined || !takesDown(input) || service.healthy === 0) return false;
  if (service.wanted <= 1)
    return !isFailing(input, target) && (!isRecycled(input, target) || service.busy);
  const spared = namesUnhealthy(input, service) ? 0 : 1;
  return service.healthy - spared < leastHealthy(service.wanted, input.policy.keepHealthyRatio);
}

/** So sure must the cause be that a service without a symptom of its own is taken for failing. */
const sureCause = 0.6;

function isFailing({ suffering, diagnosis, facts }: GateInput, target: string): boolean {
  if (suffering.includes(target)) return true;
  if (diagnosis.target !== target || diagnosis.class === 'unknown') return false;
  if (diagnosis.confidence < sureCause) return false;
  // A disk that it fills suffers from it as well as a service that needs it.
  return suffering.some(
    (name) =>
      name.startsWith('@disk') || facts.services.get(name)?.dependencies.includes(target) === true,
  );
}

/** What runs out ends in a failure, at a worse time: these are cured by a recycle and no other way. */
const recycled: ReadonlySet<DiagnosisClass> = new Set([
  ...leaks,
  'pool_leak',
  'zombies',
  'deleted_open_file',
]);

function isRecycled({ diagnosis, grant, action }: GateInput, target: string): boolean {
  const planned = action.name === 'service.restart' && recycled.has(diagnosis.class);
  if (!planned || diagnosis.target !== target || grant.autonomy !== 'full') return false;
  return diagnosis.confidence >= sureCause;
}

function isRecycledLater(input: GateInput, target: string): boolean {
  const service = input.facts.services.get(target);
  return service?.busy === true && service.wanted <= 1 && isRecycled(input, target);
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
