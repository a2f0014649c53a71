/**
 * The rules that must hold after every step, whatever happens. Each names what it saw; a rule that
 * cannot fail proves nothing, so each has a broken policy in `checkers.test.ts` that it catches.
 */
import { hookStages } from '@fettle/core/stack/hook';
import type { SuperviseEffect } from '@fettle/core/supervise/effect';
import type { SuperviseEvent } from '@fettle/core/supervise/event';
import type { Instance } from '@fettle/core/supervise/state';
import { definitionOf, type FakeShell, type Observer } from './fake-shell.ts';
import {
  COUNTED,
  createObserved,
  instanceOf,
  seeEffect,
  seeEvent,
  serviceOf,
  type Observed,
} from './observed.ts';

export type Rule =
  | 'one-owner-per-port'
  | 'one-run-per-instance'
  | 'dependencies-respected'
  | 'intensity-respected'
  | 'waits-bounded'
  | 'stopped-stays-stopped'
  | 'signals-only-ours'
  | 'healthy-after-faults'
  | 'down-ends';

export type Violation = Readonly<{ rule: Rule; atMs: number; text: string }>;
export type Report = (rule: Rule, text: string) => void;

/** All instances are looked at this often; those an event concerns, every time. */
const FULL_LOOK_EVERY = 64;

export function createObserver(report: Report): Observer {
  const seen = createObserved();
  let steps = 0;
  return {
    beforeEvent: (shell, event) => seeEvent(seen, shell, event),
    onEffect: (shell, effect) => {
      checkEffect(seen, shell, effect, report);
      seeEffect(seen, shell, effect);
    },
    afterStep: (shell, event, effects) => {
      steps += 1;
      if (steps % FULL_LOOK_EVERY === 0) {
        for (const instance of shell.state?.instances.values() ?? []) {
          checkWait(shell, instance, event, report);
        }
      } else checkWaits(shell, event, effects, report);
    },
  };
}

function checkEffect(
  seen: Observed,
  shell: FakeShell,
  effect: SuperviseEffect,
  report: Report,
): void {
  if (effect.kind === 'spawn') {
    checkSpawn(seen, shell, effect, report);
  } else if (effect.kind === 'signal') {
    const process = shell.world.processes.get(effect.token);
    const run = seen.runs.get(effect.token);
    if (process === undefined || run === undefined || run.ended) {
      report('signals-only-ours', `${effect.posixSignal} to ${effect.token}`);
    }
  } else if (effect.kind === 'record' && effect.entry.kind === 'intent') {
    checkPace(seen, shell, effect.entry, report);
  }
}

type Spawn = Extract<SuperviseEffect, { kind: 'spawn' }>;

function checkSpawn(seen: Observed, shell: FakeShell, spawn: Spawn, report: Report): void {
  for (const process of shell.world.processes.values()) {
    if (!process.alive) continue;
    if (process.instance === spawn.instance) {
      report('one-run-per-instance', `${spawn.instance}: ${process.token} lives, ${spawn.token}`);
    }
    if (process.port !== null && String(process.port) === spawn.environment['PORT']) {
      report('one-owner-per-port', `${process.port}: ${process.instance} and ${spawn.instance}`);
    }
  }
  const service = serviceOf(spawn.instance);
  for (const dependency of definitionOf(shell, service)?.dependsOn ?? []) {
    if (!dependency.required || isMet(seen, shell, dependency)) continue;
    const { service: name, condition } = dependency;
    report('dependencies-respected', `${spawn.instance} started without ${name} (${condition})`);
  }
}

function isMet(
  seen: Observed,
  shell: FakeShell,
  { service, condition }: Readonly<{ service: string; condition: string }>,
): boolean {
  if (definitionOf(shell, service)?.external) {
    return condition === 'service_started' || seen.externalReady.has(service);
  }
  const isDone = (seen.done.get(service)?.size ?? 0) > 0;
  if (condition === 'service_completed_successfully') return isDone;
  if (condition === 'service_started' && isDone) return true;
  for (const run of seen.runs.values()) {
    if (run.service !== service || !run.confirmed || run.ending || run.ended) continue;
    if (condition === 'service_started' || run.ready) return true;
  }
  return false;
}

type Intent = Extract<Extract<SuperviseEffect, { kind: 'record' }>['entry'], { kind: 'intent' }>;

/** No restart beyond the intensity outside a crash loop, none at once after the first. */
function checkPace(seen: Observed, shell: FakeShell, intent: Intent, report: Report): void {
  if (!COUNTED.has(intent.reason)) return;
  const { nowMs } = shell.world.clock;
  const service = serviceOf(intent.instance);
  const intensity = definitionOf(shell, service)?.intensity;
  if (intensity === undefined) return;
  const instance = instanceOf(seen, intent.instance);
  const recent = instance.counted.filter((atMs) => nowMs - atMs <= intensity.periodMs).length;
  if (recent >= intensity.count && !intent.crashLoop) {
    report('intensity-respected', `${intent.instance}: ${recent + 1} restarts, no crash loop`);
  }
  if (recent > 0 && instance.endedMs === nowMs) {
    report('intensity-respected', `${intent.instance}: restart ${recent + 1} without back-off`);
  }
  instance.counted = [...instance.counted.slice(-20), nowMs];
  instance.pace = [...instance.pace.filter((atMs) => nowMs - atMs <= PACE_MS), nowMs];
  // Twice what half the cap (the mean of full jitter) gives, and one intensity per period.
  const loops = (2 * PACE_MS) / (intensity.backoff.maxMs / 2);
  const bound = loops + (intensity.count + 1) * (PACE_MS / intensity.periodMs);
  if (instance.pace.length > bound) {
    report('intensity-respected', `${intent.instance}: ${instance.pace.length} in ten minutes`);
  }
}

const PACE_MS = 600_000;

/** Who wants to run has a live run, an armed timer or a named dependency; stops have timers. */
function checkWaits(
  shell: FakeShell,
  event: SuperviseEvent,
  effects: readonly SuperviseEffect[],
  report: Report,
): void {
  const { state } = shell;
  if (state === null) return;
  const ids = new Set<string>();
  for (const effect of effects) {
    if (effect.kind === 'publish' && effect.notice.kind === 'instance-changed') {
      ids.add(effect.notice.view.instance);
    }
  }
  if ('token' in event) ids.add(state.runs.get(event.token)?.instanceId ?? '');
  if ('instance' in event) ids.add(event.instance);
  if (event.kind === 'timer-fired') {
    const subject = event.timer.slice(event.timer.indexOf(':') + 1);
    ids.add(state.runs.get(subject)?.instanceId ?? subject);
  }
  for (const id of ids) {
    const instance = state.instances.get(id);
    if (instance !== undefined) checkWait(shell, instance, event, report);
  }
}

function checkWait(
  shell: FakeShell,
  instance: Instance,
  event: SuperviseEvent,
  report: Report,
): void {
  const { id, phase, run } = instance;
  const isArmed = (...timers: string[]) => timers.some((timer) => shell.timers.has(timer));
  // The hooks of a run have a timer of their own, also when the run is over.
  if (run !== null && hookStages.some((stage) => isArmed(`hook:${stage}/${run.token}`))) return;
  const bad = (why: string) => report('waits-bounded', `${id} ${phase}: ${why}, ${event.kind}`);
  switch (phase) {
    case 'backing-off':
      if (!isArmed(`backoff:${id}`)) bad('no timer');
      return;
    case 'waiting':
      if (instance.waitingFor.length > 0) return checkNamed(shell, instance, bad);
      if (!isArmed(`port:${id}`)) bad('no dependency, no timer');
      return;
    case 'spawning':
      if (!isArmed(`spawn:${run?.token}`, `kill:${run?.token}`, `exit:${run?.token}`))
        bad('no timer');
      return;
    case 'ending':
      if (run === null || run.exit !== null) bad('nothing to end');
      else if (shell.state?.queuedEnds.has(run)) return;
      else if (!STOP_TIMERS.some((timer) => isArmed(`${timer}:${run.token}`))) {
        bad('no timer');
      }
      return;
    case 'up':
      if (run === null || run.exit !== null || run.end !== null) bad('no live run');
      return;
    case 'idle':
      if (instance.rest === 'stopped' && !instance.removing) {
        const isWanted = instance.service.wanted === 'running' && !shell.state?.goingDown;
        if (isWanted) bad('stopped though wanted');
      }
      return;
    case 'external':
      return;
    default:
      phase satisfies never;
  }
}

const STOP_TIMERS = ['drain', 'grace', 'kill', 'spawn', 'exit'];

function checkNamed(shell: FakeShell, instance: Instance, bad: (why: string) => void): void {
  for (const { service } of instance.waitingFor) {
    if (!shell.state?.services.has(service)) bad(`waits for ${service}, which does not exist`);
  }
}
