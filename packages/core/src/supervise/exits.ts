/**
 * What follows the end of a run: nothing, another one at once, or another one later.
 */
import { decideExit, decideWait, isCounted } from './restart-policy.ts';
import { beginHooks, dropHooks } from './hooks.ts';
import { nextRandom } from './prng.ts';
import { releasePort } from './ports.ts';
import type { EndReason, RunExit, StartReason } from './run.ts';
import { startNow } from './start-order.ts';
import {
  arm,
  emit,
  isInternal,
  shouldRun,
  touch,
  type Instance,
  type Run,
  type StartError,
  type SuperviseState,
} from './state.ts';
import { killLeftovers } from './stop-order.ts';

const STATE_TIMERS = ['backoff', 'optional', 'settle'] as const;

export function takeExit(state: SuperviseState, run: Run, seen: RunExit): void {
  if (run.exit !== null) return;
  const exit: RunExit = { ...seen, endedBy: run.end?.reason ?? seen.endedBy };
  run.exit = exit;
  emit(state, { kind: 'record', entry: { kind: 'ended', token: run.token, exit } });
  state.queuedEnds.delete(run);
  arm(state, `spawn:${run.token}`, null);
  if (run.end?.stage === 'draining') arm(state, `drain:${run.token}`, null);
  if (run.end !== null) arm(state, `grace:${run.token}`, null);
  killLeftovers(state, run);
  const { instance } = run;
  if (instance === null || instance.run !== run) {
    const successor = state.instances.get(run.instanceId);
    if (successor?.phase === 'waiting') state.advancing.add(successor);
    return;
  }
  dropHooks(state, 'after_start', run);
  dropHooks(state, 'before_stop', run);
  run.pid = null;
  instance.ready = false;
  if (!beginHooks(state, instance, run, 'after_stop')) afterExit(state, instance, run);
  else instance.phase = 'ending';
}

/** Once its after_stop hooks, if there are any, have done their work. */
export function afterExit(state: SuperviseState, instance: Instance, run: Run): void {
  if (instance.run !== run || run.exit === null) return;
  detach(state, instance, run);
  instance.lastExit = run.exit;
  decideNext(state, instance, run.exit);
}

function exitCodeOf(error: StartError | null): number {
  if (ENGINE_CODES.has(error?.code ?? '')) return 125;
  return error?.code === 'ENOENT' ? 127 : 126;
}

/** 125: it is not the program's fault, as `docker run` says it. */
const ENGINE_CODES: ReadonlySet<string> = new Set(['EENGINE', 'EADDRINUSE', 'EINVAL']);

/** It never came to be: its command could not be started, or a hook before it failed. */
export function startFailed(state: SuperviseState, run: Run, error: StartError | null): void {
  const { instance } = run;
  // What a shell answers for a command it cannot run; the record lets the next daemon decide.
  const code = exitCodeOf(error);
  const endedBy = run.end?.reason ?? null;
  run.exit = { kind: 'code', code, posixSignal: null, endedBy, atMs: state.at.atMs };
  emit(state, { kind: 'record', entry: { kind: 'ended', token: run.token, exit: run.exit } });
  arm(state, `spawn:${run.token}`, null);
  state.queuedEnds.delete(run);
  dropHooks(state, 'before_start', run);
  killLeftovers(state, run);
  if (instance === null || instance.run !== run) return;
  detach(state, instance, run);
  if (error !== null) instance.spawnError = { code: error.code, message: error.message };
  if (instance.removing) removeInstance(state, instance);
  else if (!shouldRun(state, instance)) rest(state, instance, 'stopped');
  else if (error === null) startNow(state, instance, againReason(run));
  else if (error.permanent && !isInternal(instance.service.definition)) {
    rest(state, instance, 'failed');
  } else restartLater(state, instance, error.code === 'E-HOOK' ? 'hook-failed' : 'crash');
}

/** `run` no longer is the instance's life. */
export function detach(state: SuperviseState, instance: Instance, run: Run): void {
  instance.run = null;
  instance.lastToken = run.token;
  instance.ready = false;
  instance.rssBytes = null;
  if (instance.crashLoop) arm(state, `settle:${instance.id}`, null);
}

/** The instance has no run: what now? */
export function decideNext(state: SuperviseState, instance: Instance, exit: RunExit): void {
  if (instance.removing) {
    removeInstance(state, instance);
    return;
  }
  if (!shouldRun(state, instance)) {
    rest(state, instance, 'stopped');
    return;
  }
  const { hookError } = instance;
  if (exit.endedBy === 'hook-failed' && hookError !== null) {
    instance.spawnError = { code: hookError.code, message: hookError.message };
    if (hookError.permanent) return rest(state, instance, 'failed');
  }
  if (exit.endedBy === 'next-run') {
    // Its successor is begun by its schedule, in the same step.
    rest(state, instance, 'done');
    return;
  }
  const reason = reasonOf(exit);
  if (reason !== null && !isCounted(reason)) {
    startNow(state, instance, reason);
    return;
  }
  const rules = instance.service.definition;
  // We ended it for its own fault: whatever code it managed to leave, it failed.
  const verdict = decideExit(
    rules,
    reason === null ? exit : { ...exit, kind: 'signal', code: exit.code === 0 ? null : exit.code },
  );
  if (verdict.kind !== 'restart') rest(state, instance, verdict.kind);
  else restartLater(state, instance, reason ?? verdict.reason);
}

/** The kernel ends what goes over a limit that it holds; it is the same fault as when we do. */
function reasonOf({ endedBy, outOfMemory }: RunExit): StartReason | null {
  if (endedBy !== null) return reasonAfter(endedBy);
  return outOfMemory === true ? 'memory-limit' : null;
}

/** Counts toward the intensity: at once, after a back-off, or in a crash loop. */
export function restartLater(state: SuperviseState, instance: Instance, reason: StartReason): void {
  const wait = decideWait(
    instance.service.definition.intensity,
    { restartsMs: instance.recentMs, crashLoop: instance.crashLoop },
    state.at.nowMs,
    nextRandom(state.prng),
  );
  instance.crashLoop = wait.crashLoop;
  if (wait.delayMs === 0) {
    startNow(state, instance, reason);
    return;
  }
  instance.phase = 'backing-off';
  instance.nextReason = reason;
  instance.nextStart = {
    nowMs: state.at.nowMs + wait.delayMs,
    atMs: state.at.atMs + wait.delayMs,
  };
  arm(state, `backoff:${instance.id}`, wait.delayMs);
  touch(state, instance, reason);
}

export function rest(state: SuperviseState, instance: Instance, kind: Instance['rest']): void {
  disarmAll(state, instance);
  releasePort(state, instance);
  instance.phase = instance.service.definition.external ? 'external' : 'idle';
  instance.rest = kind;
  instance.endAskedMs = null;
  instance.nextStart = null;
  instance.optionalUntilMs = null;
  instance.waitingFor = [];
  touch(state, instance, kind);
}

export function removeInstance(state: SuperviseState, instance: Instance): void {
  disarmAll(state, instance);
  releasePort(state, instance);
  state.instances.delete(instance.id);
  instance.service.instances.delete(instance.replica);
  state.touched.delete(instance);
  state.changedServices.add(instance.service);
  emit(state, { kind: 'publish', notice: { kind: 'instance-removed', instance: instance.id } });
}

function disarmAll(state: SuperviseState, instance: Instance): void {
  for (const timer of STATE_TIMERS) arm(state, `${timer}:${instance.id}`, null);
}

/** No record, no witness. */
export function unknownExit(atMs: number): RunExit {
  return { kind: 'unknown', code: null, posixSignal: null, endedBy: null, atMs };
}

/** It is begun anew before its command was started, which is no fault of its own. */
function againReason({ end, reason }: Run): StartReason {
  if (end !== null) return reasonAfter(end.reason);
  return isCounted(reason) ? 'dependency-restarted' : reason;
}

/** Why the next run starts after we ended the last one. */
export function reasonAfter(reason: EndReason): StartReason {
  switch (reason) {
    case 'hang':
    case 'memory-limit':
    case 'process-limit':
    case 'port-stolen':
    case 'hook-failed':
    case 'config-changed':
    case 'dependency-restarted':
    case 'dependency-moved':
    case 'operator-restart':
      return reason;
    case 'operator-stop':
    case 'stack-down':
      return 'operator-start';
    case 'scaled-down':
      return 'scaled-up';
    case 'removed':
      return 'first-start';
    case 'replaced':
      return 'operator-restart';
    case 'next-run':
      return 'schedule';
    default:
      return reason satisfies never;
  }
}
