/**
 * Only what is in the manifest, and never everything: an empty selection once meant "all machines"
 * (Google SRE, "Diskerase"). `@host` and `@disk:…` are targets of acts that name no service.
 */
import type { Gate, GateInput } from '../gate-input.ts';

export const scope: Gate = {
  name: 'scope',
  ask: (input) => {
    const wrong = wrongTarget(input);
    return wrong === null
      ? { text: `${input.targets.join(', ')}: ours to act on`, stop: null }
      : { text: wrong, stop: { kind: 'refuse', gate: 'scope' } };
  },
};

function wrongTarget({ targets, facts, action }: GateInput): string | null {
  if (targets.length === 0) return 'it selects no target';
  for (const target of targets) {
    if (/[*?]/.test(target) || target === '') return `${target || 'an empty name'} names no target`;
    if (target.startsWith('@')) {
      if (takesService(action.params)) return `${action.name} needs a service, not ${target}`;
      continue;
    }
    const service = facts.services.get(target);
    if (service === undefined) return `${target} is not in the stack`;
    if (service.external) return `${target} runs elsewhere; it is only probed`;
    if (service.want === 'down') return `${target} is meant to be down`;
  }
  return null;
}

function takesService(params: GateInput['action']['params']): boolean {
  return Object.values(params).some(({ type, required }) => type === 'service' && required);
}
