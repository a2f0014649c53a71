/**
 * How risky a step is here and now: the highest of what the runbook, the step and the action say,
 * raised by one for each circumstance of the table that holds.
 */
import type { GateInput } from './gate-input.ts';
import { risks, type Policy, type Risk } from './policy.ts';
import { restartsTheDead } from './restart-the-dead.ts';

export type RiskInput = Readonly<
  Pick<GateInput, 'runbook' | 'step' | 'action' | 'params' | 'targets' | 'diagnosis' | 'facts'>
> &
  Readonly<{ policy: Policy }>;

type Raise = Readonly<{ because: string; holds(input: RiskInput): boolean }>;

/** Below it a diagnosis counts as uncertain. */
const certain = 0.8;
const endings = new Set(['service.restart', 'service.stop', 'process.kill']);

export const raises: readonly Raise[] = [
  {
    because: 'a living database is restarted',
    holds: (input) =>
      endings.has(input.action.name) &&
      !restartsTheDead(input) &&
      !isMute(input) &&
      input.targets.some((target) => input.facts.services.get(target)?.kind === 'database'),
  },
  { because: 'data may be lost', holds: ({ runbook }) => runbook.risk.dataLoss },
  {
    because: 'few replicas are healthy',
    holds: ({ targets, facts, policy }) =>
      targets.some((target) => {
        const service = facts.services.get(target);
        if (service === undefined || service.wanted <= 1 || service.healthy === 0) return false;
        return service.healthy / service.wanted < policy.keepHealthyRatio;
      }),
  },
  {
    because: 'the diagnosis is uncertain',
    holds: ({ diagnosis }) => diagnosis.confidence < certain,
  },
];

/** It lives and surely answers nobody: no session is lost that anybody has. */
function isMute({ diagnosis, targets }: RiskInput): boolean {
  if (diagnosis.class !== 'db_hung' || diagnosis.confidence < certain) return false;
  return targets.every((target) => target === diagnosis.target);
}

export type RiskVerdict = Readonly<{ risk: Risk; because: readonly string[] }>;

export function riskOf(input: RiskInput): RiskVerdict {
  const { runbook, step, action } = input;
  const base = Math.max(
    ...[runbook.risk.base, step.risk ?? 'low', action.risk].map((risk) => risks.indexOf(risk)),
  );
  const because = raises.filter(({ holds }) => holds(input)).map((raise) => raise.because);
  const level = Math.min(base + because.length, risks.length - 1);
  return { risk: risks[level]!, because };
}
