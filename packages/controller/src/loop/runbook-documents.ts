/** Runbooks as the API and the CLI tell them. */
import type { Problem } from '@fettle/config/problem/problem';
import { actionSpecs } from '@fettle/core/loop/plan/action-specs';
import { risks, type Risk } from '@fettle/core/loop/plan/policy';
import type { Runbook, Step, Trigger } from '@fettle/core/loop/plan/runbook';
import type {
  RunbookDetail,
  RunbookProblemRow,
  RunbookRow,
  RunbookStep,
} from '@fettle/sdk/api/runbooks';

export function runbookRow(runbook: Runbook): RunbookRow {
  const { name, version, description, origin, triggers, diagnose, steps, tests } = runbook;
  const first = diagnose.flatMap(({ goto }) => steps.get(goto)?.action ?? []);
  return {
    name,
    version,
    description,
    origin,
    diagnoses: triggers.flatMap((trigger) => (trigger.kind === 'diagnosis' ? trigger.classes : [])),
    actions: [...new Set(first)],
    risk: highest([runbook.risk.base, ...[...steps.values()].map(riskOf)]),
    tests,
  };
}

export function runbookDetail(runbook: Runbook): RunbookDetail {
  const { limits, verify, parameters } = runbook;
  return {
    ...runbookRow(runbook),
    owner: runbook.owner,
    triggers: runbook.triggers.map(triggerDocument),
    neverWhen: runbook.neverWhen.map(({ text }) => text),
    dedupe: runbook.dedupe,
    parameters: parameters.map(({ from, ...each }) => ({ ...each, from: from?.text ?? null })),
    approvalWhen: runbook.approval.when?.text ?? null,
    limits,
    evidence: runbook.evidence.map(({ what, of }) => (of === null ? what : `${what}(${of})`)),
    branches: runbook.diagnose.map(({ when, goto }) => ({ when: when?.text ?? null, goto })),
    steps: [...runbook.steps.values()].map(stepDocument),
    verify: {
      settleMs: verify.settleMs,
      windowMs: verify.windowMs,
      require: verify.require.map(({ text }) => text),
      forbid: verify.forbid.map(({ text }) => text),
    },
    watchMs: runbook.watchMs,
    expectedSuccess: runbook.expectedSuccess,
  };
}

function triggerDocument(trigger: Trigger): RunbookDetail['triggers'][number] {
  return trigger.kind === 'diagnosis'
    ? { diagnoses: trigger.classes, minConfidence: trigger.minConfidence, when: null, forMs: null }
    : { diagnoses: [], minConfidence: null, when: trigger.when.text, forMs: trigger.forMs };
}

function stepDocument(step: Step): RunbookStep {
  const { id, action, timeoutMs, approvalRequired, next, onFail, note } = step;
  return {
    id,
    action,
    with: step.with,
    timeoutMs,
    attempts: step.retry.attempts,
    guard: step.guard.map(({ text }) => text),
    irreversible: whyNotUndone(step),
    risk: riskOf(step),
    approvalRequired,
    next,
    onFail,
    note,
  };
}

/** null: it can be undone. */
export function whyNotUndone({ action, undo }: Step): string | null {
  const why = actionSpecs.get(action)?.irreversible ?? null;
  return undo === 'none' ? (why ?? 'the runbook says so') : why;
}

/** Of the step by itself; what is going on may raise it. */
export function riskOf({ action, risk }: Step): Risk {
  return highest([risk ?? 'low', actionSpecs.get(action)?.risk ?? 'low']);
}

function highest(all: readonly Risk[]): Risk {
  return risks[Math.max(...all.map((risk) => risks.indexOf(risk)))] ?? 'low';
}

export function problemRow({ code, place, message, hint }: Problem): RunbookProblemRow {
  const { file, line, column } = place;
  return { code, file, line, column, message, hint };
}
