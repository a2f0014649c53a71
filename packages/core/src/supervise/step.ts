/**
 * The supervisor's policy: what happened goes in, what shall be done comes out.
 *
 * Start reading here. `step` is the only writer of the state, in place (copying per event costs 25
 * times as much). It reads no clock and draws no randomness: `at` brings both clocks, the jitter
 * comes from a small generator in the state that is seeded by the daemon's epoch. The same events
 * therefore give the same effects, which is what the simulation and a replay rest on.
 */
import { takeStack, rebuildGraph } from './apply.ts';
import { takeCommand, takeScale } from './commands.ts';
import type { SuperviseEffect } from './effect.ts';
import type { SuperviseEvent } from './event.ts';
import { takeExit } from './exits.ts';
import { tellEndpoints } from './endpoints.ts';
import { takeHookEnded } from './hook-events.ts';
import { takePortMove } from './port-move.ts';
import { takeGrant, takeRefusal } from './ports.ts';
import { takeStart } from './recovery.ts';
import { advanceRollout } from './rolling.ts';
import { followSchedules } from './schedules.ts';
import {
  takeEndRequest,
  takeHealth,
  takeMemory,
  takePid,
  takeSpawned,
  takeSpawnFailure,
  takeStoppedByOthers,
  takeTasks,
  takeTheft,
  takeTreeGone,
} from './run-events.ts';
import { advance, isSameOffer, offerOf } from './start-order.ts';
import { emit, isInternal, touch, type At, type SuperviseState } from './state.ts';
import { releaseQueuedEnds } from './stop-order.ts';
import { takeTimer } from './timers.ts';
import { viewOf } from './views.ts';

export { createState } from './state.ts';
export type { At, SuperviseOptions, SuperviseState } from './state.ts';

/** Runs one event. The effects are to be carried out in order, each answered by later events. */
export function step(state: SuperviseState, event: SuperviseEvent, at: At): SuperviseEffect[] {
  state.at = at;
  state.effects = [];
  decide(state, event);
  followSchedules(state);
  settle(state);
  publish(state);
  if (isDown(state)) {
    state.halted = true;
    emit(state, { kind: 'halt' });
  }
  return state.effects;
}

function decide(state: SuperviseState, event: SuperviseEvent): void {
  switch (event.kind) {
    case 'daemon-started':
      return takeStart(state, event);
    case 'stack-applied':
      return takeStack(state, event.stack);
    case 'command-given':
      return takeCommand(state, event);
    case 'scale-asked':
      return takeScale(state, event);
    case 'port-move-asked':
      return takePortMove(state, event);
    case 'run-spawned':
      return takeSpawned(state, event);
    case 'pid-learned':
      return takePid(state, event);
    case 'spawn-failed':
      return takeSpawnFailure(state, event);
    case 'template-written':
      return emit(state, { kind: 'publish', notice: event });
    case 'hook-ended':
      return takeHookEnded(state, event);
    case 'run-exited': {
      const run = state.runs.get(event.token);
      if (run !== undefined) takeExit(state, run, event.exit);
      return;
    }
    case 'tree-gone':
      return takeTreeGone(state, event.token);
    case 'port-granted':
      return takeGrant(state, event);
    case 'port-refused':
      return takeRefusal(state, event);
    case 'health-reported':
      return takeHealth(state, event);
    case 'end-asked':
      return takeEndRequest(state, event);
    case 'memory-sampled':
      return takeMemory(state, event);
    case 'tasks-sampled':
      return takeTasks(state, event);
    case 'found-stopped':
      return takeStoppedByOthers(state, event.token);
    case 'port-stolen':
      return takeTheft(state, event);
    case 'timer-fired':
      return takeTimer(state, event.timer);
    default:
      event satisfies never;
  }
}

/**
 * Lets consequences run until nothing moves: changed offers wake dependants, ended runs free those
 * that wait to be stopped. Ends because offers only follow phases and each instance spawns once.
 */
function settle(state: SuperviseState): void {
  do {
    followChanges(state);
    if (state.queuedEnds.size > 0) releaseQueuedEnds(state);
  } while (state.changedServices.size > 0 || state.advancing.size > 0);
}

function followChanges(state: SuperviseState): void {
  while (state.changedServices.size > 0 || state.advancing.size > 0) {
    for (const record of state.changedServices) {
      state.changedServices.delete(record);
      const { name } = record.definition;
      advanceRollout(state, record);
      tellEndpoints(state, record);
      if (record.removed && record.instances.size === 0) {
        state.services.delete(name);
        rebuildGraph(state);
      }
      const offer = offerOf(record);
      if (isInternal(record.definition)) wakeAll(state);
      if (isSameOffer(offer, record.offer)) continue;
      record.offer = offer;
      wakeDependants(state, name);
    }
    for (const instance of state.advancing) {
      state.advancing.delete(instance);
      advance(state, instance);
    }
  }
}

function wakeDependants(state: SuperviseState, service: string): void {
  for (const name of state.graph.dependants.get(service) ?? []) {
    const dependant = state.services.get(name);
    if (dependant === undefined) continue;
    const isOptional = dependant.definition.dependsOn.some(
      (dependency) => dependency.service === service && !dependency.required,
    );
    for (const instance of dependant.instances.values()) {
      if (instance.phase === 'waiting') state.advancing.add(instance);
      if (isOptional) touch(state, instance, `dependency ${service}`);
    }
  }
}

/** The controller's port may be what everybody waits for. */
function wakeAll(state: SuperviseState): void {
  for (const instance of state.instances.values()) {
    if (instance.phase === 'waiting') state.advancing.add(instance);
  }
}

function publish(state: SuperviseState): void {
  for (const [instance, cause] of state.touched) {
    const view = viewOf(state, instance);
    emit(state, { kind: 'publish', notice: { kind: 'instance-changed', view, cause } });
  }
  state.touched.clear();
}

function isDown(state: SuperviseState): boolean {
  if (!state.goingDown || state.halted || state.queuedEnds.size > 0) return false;
  if (state.hooks.size > 0) return false;
  for (const run of state.runs.values()) {
    if (run.end?.stage !== 'stuck') return false;
  }
  return true;
}
