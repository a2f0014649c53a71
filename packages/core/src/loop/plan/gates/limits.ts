/** Cooldown, runs per hour, blocks after failures, chronic faults, runbooks that fire in vain. */
import { howLong } from '../../diagnose/words.ts';
import { isTalk } from '../autonomy.ts';
import { chainFrom } from '../cost.ts';
import type { Gate, GateAnswer, GateInput } from '../gate-input.ts';
import type { RailRun } from '../rails.ts';
import type { Runbook } from '../runbook.ts';

export const limits: Gate = {
  name: 'limits',
  ask: (input) => {
    const free = { text: 'within its limits', stop: null };
    const runs = input.rails.runs.filter(
      (run) =>
        run.runbook === input.runbook.name &&
        run.dedupe === input.dedupe &&
        run.runId !== input.runId &&
        run.touched !== false &&
        !isOnlyTalk(input.runbook, run.step),
    );
    return (
      disabled(input) ??
      blocked(input) ??
      chronic(input) ??
      exhausted(input, runs) ??
      cooling(input, runs) ??
      free
    );
  },
};

/** A call of a person is no act that could be repeated too soon: it never waits nor cools. */
function isOnlyTalk(runbook: Runbook, step: string): boolean {
  const chain = chainFrom(runbook, step);
  return chain.length > 0 && chain.every(({ action }) => isTalk(action));
}

function escalate(text: string): GateAnswer {
  return { text, stop: { kind: 'escalate', reason: text } };
}

function disabled({ rails, runbook, approvedBy }: GateInput): GateAnswer | null {
  const fires = rails.fires[runbook.name];
  if (fires?.disabledMs === null || fires === undefined) return null;
  if (approvedBy !== null) return null;
  const share = Math.round((100 * fires.falseFires) / Math.max(1, fires.runs));
  return {
    text: `${runbook.name} ran for nothing in ${share} % of its runs: it only suggests`,
    stop: { kind: 'suggest' },
  };
}

function blocked({ rails, runbook, dedupe, nowMs }: GateInput): GateAnswer | null {
  const block = rails.blocks.find(
    (one) => one.runbook === runbook.name && one.dedupe === dedupe && one.untilMs > nowMs,
  );
  if (block === undefined) return null;
  return escalate(`${block.reason}; blocked for ${howLong(block.untilMs - nowMs)} more`);
}

function chronic({ policy, rails, dedupe, nowMs }: GateInput): GateAnswer | null {
  const { heals, withinMs } = policy.chronic;
  const healed = rails.runs.filter(
    (run) =>
      run.dedupe === dedupe &&
      run.result?.startsWith('fixed') === true &&
      nowMs - run.startedMs < withinMs,
  ).length;
  return healed < heals
    ? null
    : escalate(`mended ${healed} times in ${howLong(withinMs)} and back again`);
}

function exhausted(
  { policy, runbook, nowMs }: GateInput,
  runs: readonly RailRun[],
): GateAnswer | null {
  const { count, perMs } = runbook.limits.maxRuns ?? policy.maxRuns;
  const recent = runs.filter((run) => nowMs - run.startedMs < perMs).length;
  return recent < count ? null : escalate(`${recent} runs in ${howLong(perMs)} are spent`);
}

function cooling(
  { policy, runbook, step, nowMs }: GateInput,
  runs: readonly RailRun[],
): GateAnswer | null {
  if (isOnlyTalk(runbook, step.id)) return null;
  const cooldownMs = runbook.limits.cooldownMs ?? policy.cooldownMs;
  const endedMs = Math.max(0, ...runs.map((run) => run.endedMs ?? run.startedMs));
  const untilMs = endedMs + cooldownMs;
  if (endedMs === 0 || untilMs <= nowMs) return null;
  const text = `${runbook.name} ended ${howLong(nowMs - endedMs)} ago; cooldown is ${howLong(cooldownMs)}`;
  return { text, stop: { kind: 'wait', untilMs, gate: 'limits' } };
}
