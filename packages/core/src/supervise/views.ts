/** Reads the policy's state for others: snapshots, and what a request may name. */
import type { HookStage } from '../stack/hook.ts';
import { isHooking } from './hooks.ts';
import type { InstanceState, InstanceView } from './instance-view.ts';
import { rollingView } from './rollout.ts';
import { scheduleView } from './plan-state.ts';
import { missingOptional } from './start-order.ts';
import { shouldRun, type Instance, type SuperviseState } from './state.ts';

const holdingUp: readonly HookStage[] = ['before_start', 'before_stop', 'after_stop'];

function hookOf(state: SuperviseState, { run }: Instance): Pick<InstanceView, 'hook'> {
  const hook = run === null ? undefined : holdingUp.find((one) => isHooking(state, one, run));
  return hook === undefined ? {} : { hook };
}

/** Every instance, internal ones included, in order of the file. */
export function instanceViews(state: SuperviseState): readonly InstanceView[] {
  const views: InstanceView[] = [];
  for (const record of state.services.values()) {
    const instances = [...record.instances.values()].toSorted((a, b) => a.replica - b.replica);
    for (const instance of instances) views.push(viewOf(state, instance));
  }
  return views;
}

/** True from `down` until the daemon ends. */
export function isGoingDown(state: SuperviseState): boolean {
  return state.goingDown;
}

/** Names in a request that the stack does not have; the shell answers those with an error. */
export function unknownServices(
  state: SuperviseState,
  services: readonly string[],
): readonly string[] {
  return services.filter((name) => state.services.get(name)?.removed !== false);
}

export function stateOf(state: SuperviseState, instance: Instance): InstanceState {
  switch (instance.phase) {
    case 'external':
      return 'external';
    case 'ending':
      return 'stopping';
    case 'idle':
      return instance.rest;
    case 'waiting':
    case 'backing-off':
    case 'spawning':
    case 'up':
      if (instance.crashLoop && shouldRun(state, instance)) return 'crash-loop';
      if (instance.phase === 'waiting' || instance.phase === 'backing-off') return instance.phase;
      return instance.phase === 'up' && (instance.run?.everReady ?? false) ? 'running' : 'starting';
    default:
      return instance.phase satisfies never;
  }
}

export function viewOf(state: SuperviseState, instance: Instance): InstanceView {
  const { run, service, port } = instance;
  const shown = stateOf(state, instance);
  if (shown !== instance.shown) {
    instance.shown = shown;
    instance.sinceMs = state.at.atMs;
  }
  const token = run?.token ?? null;
  const spoolToken = token ?? instance.lastToken;
  return {
    instance: instance.id,
    service: service.definition.name,
    replica: instance.replica,
    state: shown,
    sinceMs: instance.sinceMs,
    token,
    pid: run?.pid ?? null,
    shimPid: run?.shimPid ?? null,
    startedAtMs: run?.startedAtMs ?? null,
    startReason: run?.reason ?? null,
    ready: instance.ready,
    port: port.allocation,
    restarts: instance.restarts,
    restartsByReason: { ...instance.restartsByReason },
    lastExit: instance.lastExit,
    lastToken: instance.lastToken,
    nextStartAtMs: instance.nextStart?.atMs ?? null,
    waitingFor: instance.waitingFor,
    missingOptional: missingOptional(state, service),
    spawnError: instance.spawnError,
    portTrouble: port.trouble,
    configHash: run?.configHash ?? service.configHash,
    spool:
      spoolToken === null
        ? null
        : `${state.options.stateDir}/logs/${instance.id}/${spoolToken}.log`,
    rssBytes: instance.rssBytes,
    ...(run === null || run.held.length === 0 ? {} : { limits: run.held }),
    rolling: rollingView(service.rollout),
    ...hookOf(state, instance),
    ...scheduleOf(state, instance),
  };
}

function scheduleOf(state: SuperviseState, { service }: Instance): Pick<InstanceView, 'schedule'> {
  const plan = state.plans.get(service.definition.name);
  return plan === undefined ? {} : { schedule: scheduleView(plan, service.wanted === 'stopped') };
}
