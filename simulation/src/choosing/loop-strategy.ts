/** The loop's own choice: `choosePlan` and `noteRun` of core, with a runbook per cause and action. */
import { noteRun, openExperience } from '@fettle/core/knowledge/experience';
import type { Diagnosis } from '@fettle/core/loop/diagnose/diagnosis';
import { choosePlan } from '@fettle/core/loop/plan/choose';
import type { ChooseInput, Prepared } from '@fettle/core/loop/plan/choose-input';
import { allOn, type Flags } from '@fettle/core/loop/plan/flags';
import { defaultPolicy } from '@fettle/core/loop/plan/policy';
import { openRails } from '@fettle/core/loop/plan/rails';
import type { Runbook, Step } from '@fettle/core/loop/plan/runbook';
import type { ServiceFacts } from '@fettle/core/loop/plan/stack-facts';
import type { Case, Strategy, Tried } from './strategy.ts';
import { actions, causes, type World } from './world.ts';

export type LoopStrategy = Strategy &
  Readonly<{
    /** Odds of each candidate, as ranked at the first plan of the last incident. */
    firstRanking(): ReadonlyMap<number, number>;
    /** Of the last plan. */
    lastOdds(): number;
  }>;

const service: ServiceFacts = {
  kind: 'service',
  external: false,
  required: true,
  want: 'up',
  dead: false,
  deadInstances: ['api.1'],
  unhealthyInstances: ['api.1'],
  wanted: 1,
  healthy: 0,
  flapping: false,
  busy: false,
  dependencies: [],
  dependants: [],
};
const facts = { services: new Map([['api', service]]), cascade: null };
/** A person let it act alone; what is measured here is the choice, not the leave. */
const policy = { ...defaultPolicy, autonomy: 'full' } as const;

export function loopStrategy(world: World, flags: Partial<Flags>): LoopStrategy {
  const experience = openExperience();
  const books = world.guesses.map((row, cause) =>
    row.map((guess, action) => prepared(cause, action, guess)),
  );
  let odds: ReadonlyMap<number, number> = new Map();
  let lastOdds = 0;
  return {
    name: 'the loop',
    firstRanking: () => odds,
    lastOdds: () => lastOdds,
    choose(incident, tried) {
      const candidates = books[incident.stated]!;
      const plan = choosePlan({
        ...inputOf(incident, tried, candidates),
        experience,
        flags: { ...allOn, ...flags },
      });
      const actionOf = (runbook: string) =>
        candidates.findIndex((one) => one.runbook.name === runbook);
      if (tried.length === 0)
        odds = new Map(
          plan.ranking.flatMap(({ runbook, success }) => {
            const action = actionOf(runbook);
            return action < 0 ? [] : [[action, success] as const];
          }),
        );
      lastOdds = plan.success;
      return plan.decision.kind === 'act' ? actionOf(plan.runbook) : null;
    },
    learn(incident, { action, cured, harmed, durationS }) {
      const { runbook } = books[incident.stated]![action]!;
      noteRun(experience, {
        diagnosis: causes[incident.stated]!,
        confidence: incident.confidence,
        runbook: runbook.name,
        versions: { runbook: 1, service: null },
        tries: ['mend'],
        result: cured ? 'fixed' : harmed ? 'made-worse' : 'no-effect',
        durationS,
        odds: lastOdds,
        approved: false,
        atMs: 0,
      });
    },
  };
}

function inputOf(
  incident: Case,
  tried: readonly Tried[],
  candidates: readonly Prepared[],
): Omit<ChooseInput, 'experience' | 'flags'> {
  return {
    planId: 'plan',
    diagnosis: diagnosisOf(incident),
    candidates,
    policy,
    rails: openRails(),
    facts,
    suffering: ['api'],
    tried: tried.map(({ action }) => ({
      runbook: candidates[action]!.runbook.name,
      step: 'mend',
      result: 'no-effect',
      blockSame: false,
    })),
    greenDrills: [],
    serviceVersion: null,
    orderedBy: null,
    brier: null,
    draw: incident.draw,
    nowMs: 0,
  };
}

function diagnosisOf({ stated, confidence }: Case): Diagnosis {
  return {
    id: 'dia',
    incidentId: 'inc',
    ruleId: 'simulated',
    class: causes[stated]!,
    target: 'api',
    confidence,
    sentence: 'a cause of the simulation',
    for: [],
    against: [],
    params: {},
    symptomIds: [],
    affected: [],
    others: [],
    atMs: 0,
  };
}

function prepared(cause: number, action: number, guess: number): Prepared {
  const { name, usualS } = actions[action]!;
  const step: Step = {
    id: 'mend',
    action: name,
    with: { target: 'api' },
    timeoutMs: usualS * 3_000,
    retry: { attempts: 1, backoffMs: 0, factor: 1 },
    guard: [],
    undo: 'action',
    risk: null,
    approvalRequired: false,
    next: 'verify',
    onFail: null,
    note: null,
  };
  const runbook: Runbook = {
    name: `${causes[cause]}-by-${name}`,
    version: 1,
    description: 'A remedy of the simulation.',
    owner: null,
    origin: 'simulation',
    tests: [],
    triggers: [{ kind: 'diagnosis', classes: [causes[cause]!], minConfidence: 0 }],
    neverWhen: [],
    dedupe: 'api',
    parameters: [],
    risk: { base: 'low', dataLoss: false, reversible: true },
    approval: { when: null, timeoutMs: null },
    limits: { cooldownMs: null, maxRuns: null, deadlineMs: null, maxTargets: null },
    evidence: [],
    diagnose: [{ when: null, goto: 'mend' }],
    steps: new Map([['mend', step]]),
    verify: { settleMs: 0, windowMs: 0, require: [], forbid: [] },
    watchMs: [],
    escalate: { severity: 'error', reason: null },
    expectedSuccess: guess,
  };
  return {
    runbook,
    triggered: false,
    never: null,
    step: 'mend',
    params: {},
    targets: ['api'],
    dedupe: 'api',
    guards: null,
    approvalWhen: false,
  };
}
