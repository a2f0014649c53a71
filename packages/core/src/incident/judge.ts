/** Decides a runbook's expressions for one diagnosis or one run, from the picture and answers. */
import type { Diagnosis, Params } from '../loop/diagnose/diagnosis.ts';
import { callsOf, evaluate, holds } from '../loop/plan/expression/evaluate.ts';
import type { FactCall, Value } from '../loop/plan/expression/expression.ts';
import { fillText } from '../loop/plan/expression/fill-text.ts';
import { runbookNames } from '../loop/plan/expression/runbook-names.ts';
import { factKey, type EvaluationContext } from '../loop/plan/expression/scope.ts';
import { allFacts as facts } from '../loop/plan/facts/all.ts';
import type { Runbook } from '../loop/plan/runbook.ts';
import type { Run } from '../loop/remedy/run.ts';
import type { Judge } from '../loop/remedy/run-machine.ts';
import type { LoopState, Turn } from '../loop-state.ts';

type Names = Readonly<Record<string, Value>>;
type Times = Readonly<{ sinceMs: number | null; startedMs: number }>;

/** While a plan is made. `params`: the runbook's parameters for this diagnosis. */
export function planJudge(
  turn: Turn,
  diagnosis: Diagnosis,
  runbook: Runbook,
): Judge & Readonly<{ params: Params }> {
  const { state, nowMs } = turn;
  const times: Times = { sinceMs: null, startedMs: nowMs };
  const given = givenParams(state, diagnosis);
  const params = ownParams(turn, runbook, given, namesOf(turn, given, diagnosis, null));
  return { params, ...judge(turn, namesOf(turn, params, diagnosis, null), times) };
}

export function judgeOf(turn: Turn, run: Run): Judge {
  const diagnosis = turn.state.incidents.get(run.incidentId)?.diagnosis ?? null;
  const times: Times = { sinceMs: run.windowFromMs, startedMs: run.startedMs };
  return judge(turn, namesOf(turn, run.plan.params, diagnosis, run), times);
}

function judge(turn: Turn, names: Names, times: Times): Judge {
  const context = contextOf(turn, names, times, new Map());
  return {
    calls: (expressions) => {
      const open = new Map<string, FactCall>();
      for (const expression of expressions)
        for (const call of callsOf(expression, context)) open.set(factKey(call), call);
      return [...open.values()];
    },
    decide: (expressions, calls, answers) => {
      const told = new Map(calls.map((call, index) => [factKey(call), answers[index] ?? null]));
      const informed = contextOf(turn, names, times, told);
      return expressions.map((expression) => holds(expression, informed));
    },
    fill: (value) => {
      if (typeof value !== 'string') return value;
      const filled = fillText(value, context);
      return filled === null || typeof filled === 'object' ? '' : filled;
    },
  };
}

function contextOf(
  { state, nowMs }: Turn,
  names: Names,
  times: Times,
  answers: ReadonlyMap<string, Value>,
): EvaluationContext {
  const symptoms = [...state.book.open.values()].map(({ symptom }) => symptom);
  return { names, facts, answers, world: { picture: state.picture, symptoms, nowMs, ...times } };
}

/** The target, the service that complains, and what the diagnosis knows. */
function givenParams({ incidents }: LoopState, diagnosis: Diagnosis): Params {
  const incident = incidents.get(diagnosis.incidentId);
  const service = incident?.services[0] ?? diagnosis.target;
  return { service, ...diagnosis.params, target: diagnosis.target };
}

/** A parameter of the runbook's own comes from its expression. */
function ownParams(turn: Turn, { parameters }: Runbook, given: Params, names: Names): Params {
  const params: Record<string, string | number | boolean> = { ...given };
  const times: Times = { sinceMs: null, startedMs: turn.nowMs };
  for (const { name, from } of parameters) {
    if (from === null) continue;
    const value = evaluate(from, contextOf(turn, { ...names, ...params }, times, new Map()));
    if (value !== null && typeof value !== 'object') params[name] = value;
  }
  return params;
}

function namesOf(
  { state, nowMs }: Turn,
  params: Params,
  diagnosis: Diagnosis | null,
  run: Run | null,
): Names {
  const incident = state.incidents.get(diagnosis?.incidentId ?? '');
  return runbookNames({
    params,
    diagnosis: diagnosis?.class ?? 'unknown',
    confidence: diagnosis?.confidence ?? 0,
    risk: run?.plan.risk ?? 'low',
    incident: {
      id: diagnosis?.incidentId ?? '',
      root: diagnosis?.target ?? '',
      affected: diagnosis?.affected ?? [],
      openedMs: incident?.openedMs ?? nowMs,
    },
    run:
      run === null ? null : { id: run.id, attempts: run.attempts.length, startedMs: run.startedMs },
    nowMs,
  });
}
