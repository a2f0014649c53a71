/**
 * What befalls a single run, from the answer to its spawn to the end of its tree.
 *
 * News of a run that nobody waits for any more (a late answer, a foreign token) is no error: the
 * world is slower than decisions. Such a run is killed when it turns out to live.
 */
import type { SuperviseEvent } from './event.ts';
import { startFailed, takeExit, unknownExit } from './exits.ts';
import { beginHooks } from './hooks.ts';
import type { RunToken, StartReason } from './run.ts';
import { arm, emit, touch, type Run, type SuperviseState } from './state.ts';
import { treeLetGo } from './ports.ts';
import { endRun, EXIT_WAIT_MS, forgetRun, signalRun } from './stop-order.ts';

type Of<K extends SuperviseEvent['kind']> = Extract<SuperviseEvent, { kind: K }>;

export function takeSpawned(state: SuperviseState, event: Of<'run-spawned'>): void {
  const run = state.runs.get(event.token);
  if (run === undefined || (run.exit !== null && !run.confirmed)) {
    emit(state, { kind: 'kill-tree', token: event.token });
    return;
  }
  if (run.confirmed) return;
  run.pid = event.pid;
  run.shimPid = event.shimPid;
  run.held = event.held ?? [];
  run.confirmed = true;
  arm(state, `spawn:${run.token}`, null);
  if (run.end !== null) {
    if (run.end.stage === 'signalled') signalRun(state, run);
    return;
  }
  const { instance } = run;
  if (instance === null) return;
  instance.phase = 'up';
  touch(state, instance, 'spawned');
  beginHooks(state, instance, run, 'after_start');
  if (instance.service.definition.healthChecks.length === 0) setReady(state, run, true);
  // A rollout is told once, when all of it is over.
  if (TOLD_TO_DEPENDANTS.has(run.reason) && instance.service.rollout === null)
    restartFollowers(state, run);
}

export function takePid(state: SuperviseState, event: Of<'pid-learned'>): void {
  const run = state.runs.get(event.token);
  if (run === undefined || run.pid === event.pid || run.exit !== null) return;
  run.pid = event.pid;
  if (run.instance !== null) touch(state, run.instance, 'pid-learned');
}

/**
 * Errors that trying again does not mend; anything else (no memory, no handles) may pass. Our own
 * services are tried all the same: nobody would be there to ask for it.
 */
const PERMANENT_CODES: ReadonlySet<string> = new Set([
  'ENOENT',
  'EACCES',
  'EPERM',
  'ENOEXEC',
  'ENOTDIR',
  'E2BIG',
  'E-NOTIFY-HELPER',
  'EINVAL',
]);

export function takeSpawnFailure(state: SuperviseState, event: Of<'spawn-failed'>): void {
  const run = state.runs.get(event.token);
  if (run === undefined || run.exit !== null) return;
  const { code, message } = event;
  startFailed(state, run, { code, message, permanent: PERMANENT_CODES.has(code) });
}

export function takeTreeGone(state: SuperviseState, token: RunToken): void {
  const run = state.runs.get(token);
  if (run === undefined) return;
  run.treeGone = true;
  if (run.exit === null) {
    arm(state, `exit:${token}`, EXIT_WAIT_MS);
    return;
  }
  forgetRun(state, run);
  const instance = state.instances.get(run.instanceId);
  if (instance !== undefined) treeLetGo(state, instance);
}

/** The tree went and no exit record came: nobody can say how it ended. */
export function exitOverdue(state: SuperviseState, run: Run): void {
  if (run.exit !== null || !run.treeGone) return;
  takeExit(state, run, unknownExit(state.at.atMs));
}

const EXTERNAL = 'external:';

export function takeHealth(state: SuperviseState, event: Of<'health-reported'>): void {
  if (event.token.startsWith(EXTERNAL)) {
    const instance = state.instances.get(event.token.slice(EXTERNAL.length));
    if (instance?.phase !== 'external' || instance.ready === event.ready) return;
    instance.ready = event.ready;
    touch(state, instance, event.ready ? 'ready' : 'not-ready');
    return;
  }
  const run = state.runs.get(event.token);
  if (run !== undefined && run.exit === null && run.end === null && run.confirmed) {
    if (run.unjudged && run.instance !== null) state.changedServices.add(run.instance.service);
    run.unjudged = false;
    setReady(state, run, event.ready);
  }
}

export function setReady(state: SuperviseState, run: Run, ready: boolean): void {
  const { instance } = run;
  if (instance === null || instance.run !== run || instance.ready === ready) return;
  instance.ready = ready;
  run.everReady ||= ready;
  run.readySinceMs = ready ? state.at.nowMs : null;
  if (instance.crashLoop) {
    const { periodMs } = instance.service.definition.intensity;
    arm(state, `settle:${instance.id}`, ready ? periodMs : null);
  }
  touch(state, instance, ready ? 'ready' : 'not-ready');
}

export function takeEndRequest(state: SuperviseState, event: Of<'end-asked'>): void {
  const run = state.runs.get(event.token);
  if (run !== undefined) endRun(state, run, event.reason, event.kill);
}

export function takeMemory(state: SuperviseState, event: Of<'memory-sampled'>): void {
  const run = state.runs.get(event.token);
  const instance = run?.instance;
  if (run === undefined || !instance || instance.run !== run) return;
  instance.rssBytes = event.rssBytes;
  const { memoryBytes } = instance.service.definition.limits;
  if (memoryBytes !== null && event.rssBytes > memoryBytes) {
    endRun(state, run, 'memory-limit', false);
  }
}

/** Where no control group holds it: a tree that grows on would take the whole machine's room. */
export function takeTasks(state: SuperviseState, event: Of<'tasks-sampled'>): void {
  const run = state.runs.get(event.token);
  const instance = run?.instance;
  if (run === undefined || !instance || instance.run !== run) return;
  const { processes } = instance.service.definition.limits;
  if (processes !== null && event.tasks > processes) endRun(state, run, 'process-limit', false);
}

export function takeStoppedByOthers(state: SuperviseState, token: RunToken): void {
  const run = state.runs.get(token);
  if (run === undefined || run.exit !== null) return;
  emit(state, { kind: 'continue', token });
  const notice = { kind: 'continued', instance: run.instanceId, token } as const;
  emit(state, { kind: 'publish', notice });
}

/** A restart finds another port when a stranger holds this one. */
export function takeTheft(state: SuperviseState, event: Of<'port-stolen'>): void {
  const run = state.runs.get(event.token);
  if (run?.instance?.port.allocation?.port !== event.port) return;
  endRun(state, run, 'port-stolen', false);
}

/** Restarts that somebody decided; a crash is the process's own and concerns no dependant. */
const TOLD_TO_DEPENDANTS: ReadonlySet<StartReason> = new Set([
  'operator-restart',
  'config-changed',
  'dependency-restarted',
  'dependency-moved',
]);

/** `depends_on: {restart: true}`. */
export function restartFollowers(state: SuperviseState, run: Run): void {
  const service = run.instance?.service.definition.name ?? '';
  // Who started after that is fresh already: replicas restarted together cost one restart.
  const sinceMs = run.instance?.endAskedMs ?? run.startedMs;
  for (const name of state.graph.dependants.get(service) ?? []) {
    const dependant = state.services.get(name);
    const follows = dependant?.definition.dependsOn.some(
      (dependency) => dependency.service === service && dependency.restart,
    );
    if (dependant === undefined || !follows) continue;
    for (const { run: theirs } of dependant.instances.values()) {
      if (theirs !== null && theirs.startedMs < sinceMs) {
        endRun(state, theirs, 'dependency-restarted', false);
      }
    }
  }
}
