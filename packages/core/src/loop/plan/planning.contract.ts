/**
 * Plain inputs for tests of choosing and of the gate: one service `api` that is failing, one
 * runbook `mend` with one step that everything permits. A test changes what it is about.
 */
import { assert } from '@fettle/sdk/assert';
import { openExperience } from '../../knowledge/experience.ts';
import type { Odds } from '../../knowledge/odds.ts';
import { armId } from '../../knowledge/odds.ts';
import type { Diagnosis } from '../diagnose/diagnosis.ts';
import { actionSpecs } from './action-specs.ts';
import type { ChooseInput, Prepared } from './choose-input.ts';
import { allOn } from './flags.ts';
import type { GateInput } from './gate-input.ts';
import { defaultPolicy, type Policy } from './policy.ts';
import { openRails } from './rails.ts';
import type { Runbook, Step } from './runbook.ts';
import type { ServiceFacts, StackFacts } from './stack-facts.ts';

export const nowMs = Date.UTC(2026, 0, 5);

export function actionOf(name: string) {
  const spec = actionSpecs.get(name);
  assert(spec !== undefined, `${name} is an action`);
  return spec;
}

export function stepOf(changes: Partial<Step> = {}): Step {
  return {
    id: 'mend',
    action: 'config.rollback',
    with: { target: 'api' },
    timeoutMs: 30_000,
    retry: { attempts: 1, backoffMs: 0, factor: 1 },
    guard: [],
    undo: 'action',
    risk: null,
    approvalRequired: false,
    next: 'verify',
    onFail: null,
    note: null,
    ...changes,
  };
}

export function runbookOf(changes: Partial<Runbook> = {}, steps: readonly Step[] = []): Runbook {
  const all = steps.length === 0 ? [stepOf()] : steps;
  return {
    name: 'mend',
    version: 1,
    description: '',
    owner: null,
    origin: 'shipped',
    tests: [],
    triggers: [{ kind: 'diagnosis', classes: ['bad_config'], minConfidence: 0.7 }],
    neverWhen: [],
    dedupe: 'api',
    parameters: [],
    risk: { base: 'low', dataLoss: false, reversible: true },
    approval: { when: null, timeoutMs: null },
    limits: { cooldownMs: null, maxRuns: null, deadlineMs: null, maxTargets: null },
    evidence: [],
    diagnose: [{ when: null, goto: all[0]!.id }],
    steps: new Map(all.map((step) => [step.id, step])),
    verify: { settleMs: 5_000, windowMs: 15_000, require: [], forbid: [] },
    watchMs: [],
    escalate: { severity: 'error', reason: null },
    expectedSuccess: null,
    ...changes,
  };
}

export function diagnosisOf(changes: Partial<Diagnosis> = {}): Diagnosis {
  return {
    id: 'dia-1',
    incidentId: 'INC-1',
    ruleId: 'test',
    class: 'bad_config',
    target: 'api',
    confidence: 0.9,
    sentence: '',
    for: [],
    against: [],
    params: {},
    symptomIds: [],
    affected: [],
    others: [],
    atMs: nowMs,
    ...changes,
  };
}

export function serviceFacts(changes: Partial<ServiceFacts> = {}): ServiceFacts {
  return {
    kind: 'service',
    external: false,
    required: true,
    want: 'up',
    dead: false,
    deadInstances: [],
    unhealthyInstances: ['api.1'],
    wanted: 1,
    healthy: 0,
    flapping: false,
    busy: false,
    dependencies: [],
    dependants: [],
    ...changes,
  };
}

/** By name; `api` is there unless told otherwise. */
export function factsOf(
  services: Readonly<Record<string, Partial<ServiceFacts>>> = {},
  cascade: StackFacts['cascade'] = null,
): StackFacts {
  const all = { api: {}, ...services };
  return {
    services: new Map(Object.entries(all).map(([name, of]) => [name, serviceFacts(of)])),
    cascade,
  };
}

/** Everything lets it pass: a person set the policy to `full`. */
export function policyOf(changes: Partial<Policy> = {}): Policy {
  return { ...defaultPolicy, autonomy: 'full', ...changes };
}

export function gateInputOf(changes: Partial<GateInput> = {}): GateInput {
  const step = changes.step ?? stepOf();
  return {
    runId: null,
    runbook: runbookOf(),
    step,
    action: actionOf(step.action),
    params: { ...step.with },
    targets: ['api'],
    dedupe: 'api',
    diagnosis: diagnosisOf(),
    risk: 'low',
    grant: { autonomy: 'full', reason: 'set by policy' },
    policy: policyOf(),
    flags: allOn,
    rails: openRails(),
    facts: factsOf(),
    suffering: ['api'],
    guards: null,
    captured: null,
    approvalWhen: false,
    approvedBy: null,
    nowMs,
    ...changes,
  };
}

export function preparedOf(changes: Partial<Prepared> = {}): Prepared {
  const runbook = changes.runbook ?? runbookOf();
  return {
    runbook,
    triggered: false,
    never: null,
    step: runbook.diagnose[0]?.goto ?? null,
    params: {},
    targets: ['api'],
    dedupe: 'api',
    guards: null,
    approvalWhen: false,
    ...changes,
  };
}

export function chooseInputOf(changes: Partial<ChooseInput> = {}): ChooseInput {
  return {
    planId: 'plan-1',
    diagnosis: diagnosisOf(),
    candidates: [preparedOf()],
    experience: openExperience(),
    policy: policyOf(),
    flags: { ...allOn, optimization: 0 },
    rails: openRails(),
    facts: factsOf(),
    suffering: ['api'],
    tried: [],
    greenDrills: [],
    serviceVersion: null,
    orderedBy: null,
    brier: null,
    draw: 0.5,
    nowMs,
    ...changes,
  };
}

export function oddsOf(changes: Partial<Odds> = {}): Odds {
  const arm = { diagnosis: 'bad_config', runbook: 'mend', step: 'mend' };
  return {
    ...arm,
    id: armId({ ...arm, ...changes }),
    runbookVersion: 1,
    serviceVersion: null,
    success: 0,
    failure: 0,
    harmed: 0,
    harmless: 0,
    durationS: 0,
    runs: 0,
    failuresInRow: 0,
    owed: 0,
    demoted: 0,
    changedMs: nowMs,
    ...changes,
  };
}
