/**
 * The controller's one writer of state: `step(brain, event, nowMs)` returns what to do about it.
 *
 * Start reading here. It decides over health: who may serve, who lives, what is done about a
 * process that stands still. Readiness never restarts. A liveness verdict is confirmed by looking
 * at the process: state T is continued, a debugger's prey left alone, all else is ended with evidence
 * kept. Exits, back-off and crash loops belong to the supervisor (`supervise/`).
 */
import { formatDuration } from '@fettle/sdk/duration';
import type { Effect } from './effect.ts';
import type { Event, Exam } from './event.ts';
import {
  clearFailures,
  isStolen,
  recordFinding,
  type CheckChange,
  type CheckState,
} from './stack/health-state.ts';
import {
  deadCheck,
  extendGrace,
  failureCounts,
  isAlive,
  isUp,
  openMending,
  openRun,
  readinessOf,
  type Mending,
  type WatchedRun,
} from './stack/watched-run.ts';

export type Brain = {
  /** By instance id. */
  readonly runs: Map<string, WatchedRun>;
  /** By instance id; survives the run that hung until the next one is healthy. */
  readonly mendings: Map<string, Mending>;
  /** Token of the run that was ended because its port was stolen, by instance: once each. */
  readonly moved: Map<string, string>;
  /** Checks that decide nothing, by service. */
  readonly silenced: Map<string, ReadonlySet<string>>;
  /** Failures of probes that touched this window of our own pause do not count. */
  pause: Readonly<{ fromMs: number; untilMs: number }> | null;
};

/** After a pause of ours everything else has its own late work to do first. */
const pauseGraceMs = 2_000;

export function openBrain(): Brain {
  return {
    runs: new Map(),
    mendings: new Map(),
    moved: new Map(),
    silenced: new Map(),
    pause: null,
  };
}

export function step(brain: Brain, event: Event, nowMs: number): readonly Effect[] {
  switch (event.kind) {
    case 'run-seen':
      return seeRun(brain, event, nowMs);
    case 'run-gone':
      return loseRun(brain, event.instance);
    case 'probed':
      return takeFinding(brain, event, nowMs);
    case 'progressed': {
      const run = liveRun(brain, event.instance, event.token);
      if (run !== null) extendGrace(run, nowMs);
      return [];
    }
    case 'examined':
      return decideMending(brain, event);
    case 'silenced':
      return silence(brain, event);
    case 'paused':
      return recognisePause(brain, event);
    case 'link-restored':
      return [...brain.runs.values()].flatMap(reportOf);
    case 'request-failed':
      return forgetRequest(brain, event);
    default:
      return event satisfies never;
  }
}

/** Is a hang of this instance being mended right now? */
export function isMending(brain: Brain, instance: string, nowMs: number): boolean {
  const mending = brain.mendings.get(instance);
  return mending !== undefined && nowMs < mending.untilMs;
}

type Of<Kind extends Event['kind']> = Extract<Event, Readonly<{ kind: Kind }>>;

function liveRun(brain: Brain, instance: string, token: string | null): WatchedRun | null {
  const run = brain.runs.get(instance);
  return run !== undefined && run.token === token ? run : null;
}

function seeRun(brain: Brain, event: Of<'run-seen'>, nowMs: number): readonly Effect[] {
  const known = liveRun(brain, event.instance, event.token);
  if (known === null) {
    const run = openRun(event, nowMs);
    markSilenced(run, brain.silenced.get(event.service));
    brain.runs.set(event.instance, run);
    const mending = brain.mendings.get(event.instance);
    if (mending !== undefined && mending.token !== event.token) mending.phase = 'restarting';
    return [];
  }
  known.crashLoop = event.crashLoop;
  if (event.crashLoop) brain.mendings.delete(event.instance);
  return [];
}

function silence(brain: Brain, { service, checks }: Of<'silenced'>): readonly Effect[] {
  if (checks.size === 0) brain.silenced.delete(service);
  else brain.silenced.set(service, checks);
  return [...brain.runs.values()].flatMap((run) => {
    if (run.service !== service) return [];
    markSilenced(run, checks);
    return reportChange(brain, run);
  });
}

function markSilenced(run: WatchedRun, checks: ReadonlySet<string> | undefined): void {
  for (const state of run.checks) state.silenced = checks?.has(state.check.name) ?? false;
}

function loseRun(brain: Brain, instance: string): readonly Effect[] {
  brain.runs.delete(instance);
  // A run that ended by itself while we looked at it is the supervisor's to restart.
  const phase = brain.mendings.get(instance)?.phase;
  if (phase === 'examining' || phase === 'continuing') brain.mendings.delete(instance);
  return [];
}

function takeFinding(brain: Brain, event: Of<'probed'>, nowMs: number): readonly Effect[] {
  const run = liveRun(brain, event.instance, event.token);
  const state = run?.checks.find(({ check }) => check.name === event.check);
  if (run === null || state === undefined) return [];
  const counts = failureCounts(run, state, nowMs) && !inPause(brain, event.beganMs, nowMs);
  const failedBefore = state.failedInRow;
  const changes = recordFinding(state, event.finding, nowMs, counts);
  if (event.finding.ok) run.held = false;
  return [
    ...changes
      .filter((change) => !state.silenced && (!state.flapping || change === 'flapping-began'))
      .map((change) => tellChange(run, state, change, failedBefore)),
    ...reportChange(brain, run),
    ...noteHealed(brain, run, nowMs),
    ...considerActs(brain, run, nowMs),
  ];
}

function inPause(brain: Brain, beganMs: number, nowMs: number): boolean {
  const { pause } = brain;
  return pause !== null && beganMs < pause.untilMs && nowMs >= pause.fromMs;
}

function reportOf(run: WatchedRun): readonly Effect[] {
  if (run.ready === null) return [];
  const { instance, ready, alive } = run;
  // An external service has no run; the supervisor knows it by this name.
  const token = run.token ?? `external:${instance}`;
  return [{ kind: 'report', instance, token, ready, alive }];
}

function reportChange(brain: Brain, run: WatchedRun): readonly Effect[] {
  const ready = readinessOf(run) ?? run.ready;
  const alive = isAlive(run);
  if (ready === run.ready && alive === run.alive) return [];
  if (ready === true) brain.moved.delete(run.instance);
  run.ready = ready;
  run.alive = alive;
  return reportOf(run);
}

function noteHealed(brain: Brain, run: WatchedRun, nowMs: number): readonly Effect[] {
  const mending = brain.mendings.get(run.instance);
  if (mending === undefined) return [];
  const waiting = mending.phase === 'restarting' || mending.phase === 'continuing';
  if (waiting && isUp(run) && isAlive(run)) {
    brain.mendings.delete(run.instance);
    const tookMs = nowMs - mending.sinceMs;
    const text = `${run.instance} is healthy again after ${formatDuration(tookMs)}`;
    return [tell(run, { topic: 'healing.healthy', severity: 'info', text, data: { tookMs } })];
  }
  if (nowMs < mending.untilMs) return [];
  brain.mendings.delete(run.instance);
  const waited = formatDuration(nowMs - mending.sinceMs);
  const text = `${run.instance} is still not healthy ${waited} after it hung`;
  return [tell(run, { topic: 'healing.failed', severity: 'error', text, data: {} })];
}

function considerActs(brain: Brain, run: WatchedRun, nowMs: number): readonly Effect[] {
  const { token, instance, service } = run;
  const idle = token !== null && !run.crashLoop && !run.held && busyWith(brain, run) === null;
  if (!idle) return [];
  const dead = deadCheck(run);
  if (dead !== undefined && dead.last !== null) {
    brain.mendings.set(instance, openMending(run, token, dead, nowMs));
    const { name } = dead.check;
    return [{ kind: 'examine', instance, service, token, check: name, finding: dead.last }];
  }
  const stolen = run.checks.find((state) => isStolen(state) && !state.silenced);
  if (stolen === undefined || brain.moved.has(instance)) return [];
  brain.moved.set(instance, token);
  const text = `${instance} gave up its port: ${stolen.last?.detail ?? 'taken'}`;
  return [
    tell(run, {
      topic: 'healing.moved',
      severity: 'warn',
      text,
      data: { check: stolen.check.name },
    }),
    { kind: 'end', instance, token, reason: 'port-stolen', kill: false },
  ];
}

/** The phase of a mending of this very run, or null. */
function busyWith(brain: Brain, run: WatchedRun): Mending['phase'] | null {
  const mending = brain.mendings.get(run.instance);
  if (mending === undefined || mending.token !== run.token) return null;
  return mending.phase === 'continuing' ? null : mending.phase;
}

function decideMending(brain: Brain, event: Of<'examined'>): readonly Effect[] {
  const run = liveRun(brain, event.instance, event.token);
  const mending = brain.mendings.get(event.instance);
  if (run === null || mending?.phase !== 'examining' || mending.token !== event.token) return [];
  // It answered while we looked, or we slept: the verdict is void.
  if (deadCheck(run) === undefined || run.crashLoop) {
    brain.mendings.delete(event.instance);
    return [];
  }
  return actOn(brain, run, mending, event.exam);
}

function actOn(brain: Brain, run: WatchedRun, mending: Mending, exam: Exam): readonly Effect[] {
  const { instance } = run;
  const { token } = mending;
  const data = { verdict: exam.verdict, evidence: exam.evidence, token };
  switch (exam.process) {
    case 'gone':
      brain.mendings.delete(instance);
      return [];
    case 'traced': {
      brain.mendings.delete(instance);
      run.held = true;
      const text = `${instance} does not answer; a debugger holds it, so it is left alone`;
      return [tell(run, { topic: 'healing.held', severity: 'warn', text, data })];
    }
    case 'stopped':
      mending.phase = 'continuing';
      for (const state of run.checks) clearFailures(state);
      return [
        tell(run, {
          topic: 'healing.continued',
          severity: 'warn',
          text: `${instance} was stopped (state T); continued`,
          data,
        }),
        { kind: 'continue', instance, token },
        { kind: 'hasten', instance },
      ];
    case 'running': {
      mending.phase = 'ending';
      const text = `${instance} hangs: ${exam.verdict}; killed, evidence kept`;
      return [
        tell(run, { topic: 'healing.killed', severity: 'error', text, data }),
        { kind: 'end', instance, token, reason: 'hang', kill: true },
      ];
    }
    default:
      return exam.process satisfies never;
  }
}

function recognisePause(brain: Brain, event: Of<'paused'>): readonly Effect[] {
  brain.pause = { fromMs: event.fromMs, untilMs: event.toMs + pauseGraceMs };
  for (const run of brain.runs.values()) for (const state of run.checks) clearFailures(state);
  for (const [instance, mending] of brain.mendings)
    if (mending.phase === 'examining') brain.mendings.delete(instance);
  return [];
}

function forgetRequest(brain: Brain, event: Of<'request-failed'>): readonly Effect[] {
  const run = liveRun(brain, event.instance, event.token);
  brain.mendings.delete(event.instance);
  if (brain.moved.get(event.instance) === event.token) brain.moved.delete(event.instance);
  if (run === null) return [];
  for (const state of run.checks) clearFailures(state);
  const text = `could not act on ${event.instance}: ${event.text}; trying again`;
  return [tell(run, { topic: 'healing.failed', severity: 'error', text, data: {} })];
}

function tellChange(
  run: WatchedRun,
  state: CheckState,
  change: CheckChange,
  failedBefore: number,
): Effect {
  const { name } = state.check;
  const detail = state.last?.detail ?? '';
  const data = { check: name, change, detail, failedInRow: state.failedInRow };
  switch (change) {
    case 'went-up': {
      const text = `${run.instance}: ${name} is up (${detail})`;
      return tell(run, {
        topic: 'check.changed',
        severity: 'info',
        text,
        data: { ...data, failedBefore },
      });
    }
    case 'went-down': {
      const text = `${run.instance}: ${name} is down: ${detail} (${state.failedInRow} in a row)`;
      return tell(run, { topic: 'check.changed', severity: 'warn', text, data });
    }
    case 'flapping-began': {
      const text = `${run.instance}: ${name} flaps, so it is held until it is steady`;
      return tell(run, { topic: 'check.flapping', severity: 'warn', text, data });
    }
    case 'flapping-ended':
      return tell(run, {
        topic: 'check.flapping',
        severity: 'info',
        text: `${run.instance}: ${name} is steady again`,
        data,
      });
    default:
      return change satisfies never;
  }
}

type Told = Pick<
  Extract<Effect, Readonly<{ kind: 'tell' }>>,
  'topic' | 'severity' | 'text' | 'data'
>;

function tell({ service, instance }: WatchedRun, told: Told): Effect {
  return { kind: 'tell', service, instance, ...told };
}
