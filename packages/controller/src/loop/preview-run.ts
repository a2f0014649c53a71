/**
 * A dry run: asks the world which way a runbook would go now, and each action what it would do.
 *
 * Only what is free of side effects is called: facts, and the `plan` of actions.
 */
import { diagnosisByHand } from '@fettle/core/incident/run-by-hand';
import { planJudge } from '@fettle/core/incident/judge';
import type { LoopState, Turn } from '@fettle/core/loop-state';
import type { Params } from '@fettle/core/loop/diagnose/diagnosis';
import type { Expression } from '@fettle/core/loop/plan/expression/expression';
import type { Runbook, Step } from '@fettle/core/loop/plan/runbook';
import type { Judge } from '@fettle/core/loop/remedy/run-machine';
import type { DryRunDocument, DryRunStep } from '@fettle/sdk/api/runbooks';
import type { LoopHands } from './loop-hands.ts';
import { riskOf, whyNotUndone } from './runbook-documents.ts';

export type Preview = Omit<DryRunDocument, 'schema'>;

type Previewing = Readonly<{
  state: LoopState;
  hands: Pick<LoopHands, 'answer' | 'actions'>;
  nowMs: () => number;
}>;

const askMs = 3_000;
const longestWalk = 30;

export async function previewRun(
  { state, hands, nowMs }: Previewing,
  runbook: Runbook,
  params: Params,
): Promise<Preview> {
  const turn: Turn = { state, nowMs: nowMs(), effects: [] };
  const nothing = { id: '', incidentId: '', nowMs: turn.nowMs };
  const diagnosis = diagnosisByHand(runbook, params, 'a dry run', nothing);
  const judge = planJudge(turn, diagnosis, runbook);
  const decide = deciding(judge, hands);
  const conditions = runbook.diagnose.flatMap(({ when }) => when ?? []);
  const verdicts = await decide([...runbook.neverWhen, ...conditions]);
  const never = runbook.neverWhen.find((_when, index) => verdicts[index] === true);
  let at = runbook.neverWhen.length;
  const branches = runbook.diagnose.map(({ when, goto }) => ({
    when: when?.text ?? null,
    goto,
    holds: when === null || verdicts[at++] === true,
  }));
  const steps: DryRunStep[] = [];
  let next = branches.find(({ holds }) => holds)?.goto ?? 'end';
  while (steps.length < longestWalk) {
    const step = runbook.steps.get(next);
    if (step === undefined) break;
    const told = await previewStep(step, judge, hands, decide);
    steps.push(told);
    const fails = told.lacks !== null || told.guards.some((guard) => !guard.holds);
    next = fails ? (step.onFail ?? 'end') : step.next;
  }
  return {
    runbook: runbook.name,
    target: diagnosis.target,
    diagnosis: diagnosis.class,
    params: judge.params,
    never: never?.text ?? null,
    branches,
    steps,
    verify: runbook.verify.require.map(({ text }) => text),
  };
}

type Decide = (expressions: readonly Expression[]) => Promise<readonly boolean[]>;

function deciding(judge: Judge, hands: Previewing['hands']): Decide {
  return async (expressions) => {
    const calls = judge.calls(expressions);
    const answers = calls.length === 0 ? [] : await hands.answer(calls, askMs);
    return judge.decide(expressions, calls, answers);
  };
}

async function previewStep(
  step: Step,
  judge: Judge,
  hands: Previewing['hands'],
  decide: Decide,
): Promise<DryRunStep> {
  const filled = Object.entries(step.with).map(([name, value]) => [name, judge.fill(value)]);
  const params: Params = Object.fromEntries(filled.filter(([, value]) => value !== ''));
  const held = await decide(step.guard);
  const guards = step.guard.map(({ text }, index) => ({ text, holds: held[index] === true }));
  const about = { step: step.id, action: step.action, guards, risk: riskOf(step) };
  const irreversible = whyNotUndone(step);
  const said = params['reason'] ?? params['text'];
  if (said !== undefined)
    return { ...about, irreversible, text: String(said), command: null, lacks: null };
  try {
    const { text, command, lacks } = await hands.actions.plan(step.action, params);
    return { ...about, irreversible, text, command, lacks };
  } catch (cause) {
    const lacks = cause instanceof Error ? cause.message : String(cause);
    return { ...about, irreversible, text: `${step.action} cannot act`, command: null, lacks };
  }
}
