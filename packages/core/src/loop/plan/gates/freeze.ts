/**
 * Change freezes: by policy or by hand, a deploy under way, and a person at work on the target.
 *
 * Restarting the dead is no change and goes on. During a deploy only its own rollback may act. A
 * person's command or edit wins: what is riskier than low then needs that person's yes.
 */
import type { Gate, GateAnswer, GateInput } from '../gate-input.ts';
import { restartsTheDead } from '../restart-the-dead.ts';

export const freeze: Gate = {
  name: 'freeze',
  ask: (input) => {
    const calm = { text: 'no freeze, no deploy, nobody at work on it', stop: null };
    return frozen(input) ?? deploying(input) ?? attended(input) ?? calm;
  },
};

function frozen(input: GateInput): GateAnswer | null {
  const { policy, rails, nowMs } = input;
  const untilMs = Math.max(policy.frozenUntilMs, rails.frozenUntilMs);
  if (untilMs <= nowMs) return null;
  if (restartsTheDead(input))
    return { text: 'frozen, but restarting the dead goes on', stop: null };
  return { text: 'changes are frozen', stop: { kind: 'wait', untilMs, gate: 'freeze' } };
}

/** Looked at again after so long; the end of a deploy is not known ahead. */
const lookAgainMs = 15_000;

function deploying(input: GateInput): GateAnswer | null {
  const { action, rails, targets, nowMs } = input;
  const busy = targets.find((target) => Object.hasOwn(rails.deploys, target));
  if (busy === undefined) return null;
  if (action.name === 'deploy.rollback')
    return { text: `rolls back the deploy under way on ${busy}`, stop: null };
  const stop = { kind: 'wait', untilMs: nowMs + lookAgainMs, gate: 'freeze' } as const;
  return { text: `a deploy is under way on ${busy}`, stop };
}

function attended(input: GateInput): GateAnswer | null {
  const { policy, rails, targets, risk, approvedBy, nowMs } = input;
  const target = targets.find((name) => {
    const act = rails.manual[name];
    return act !== undefined && nowMs - act.atMs < policy.manualMs;
  });
  if (target === undefined) return null;
  const { text: what } = rails.manual[target]!;
  if (risk === 'low')
    return { text: `a person was at ${target} (${what}); low risk goes on`, stop: null };
  if (restartsTheDead(input))
    return { text: `a person was at ${target}; restarting the dead goes on`, stop: null };
  if (approvedBy !== null) return { text: `${approvedBy} said yes`, stop: null };
  const stop = { kind: 'approve', untilMs: nowMs + policy.approvalMs } as const;
  return { text: `a person is at work on ${target} (${what})`, stop };
}
