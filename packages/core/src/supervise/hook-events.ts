/**
 * What the end of a hook means: the next one, the next step in the life of its run, or a failure.
 */
import { formatDuration } from '@fettle/sdk/duration';
import { hookName, type Hook } from '../stack/hook.ts';
import type { Notice } from './effect.ts';
import type { SuperviseEvent } from './event.ts';
import { afterExit, startFailed } from './exits.ts';
import { startHook } from './hooks.ts';
import { emitSpawn, mayStart } from './start-order.ts';
import { arm, emit, touch, type HookRun, type SuperviseState } from './state.ts';
import { endRun, signalRun } from './stop-order.ts';

type Ended = Extract<SuperviseEvent, { kind: 'hook-ended' }>;

/** After it was asked to end; it is killed meanwhile, so this is for what cannot even be killed. */
export const HOOK_END_MS = 10_000;

export function takeHookEnded(state: SuperviseState, event: Ended): void {
  const hookRun = state.hooks.get(event.id);
  if (hookRun === undefined) return;
  arm(state, `hook:${event.id}`, null);
  const hook = hookRun.hooks[hookRun.index];
  if (hook === undefined) return;
  if (event.outcome === 'ok' && !hookRun.overdue) return next(state, hookRun);
  fail(
    state,
    hookRun,
    hook,
    hookRun.overdue ? `took longer than ${formatDuration(hook.timeoutMs)}` : event.outcome,
  );
}

/** Its time is over: it is asked to end, and given up when it does not. */
export function hookOverdue(state: SuperviseState, id: string): void {
  const hookRun = state.hooks.get(id);
  const hook = hookRun?.hooks[hookRun.index];
  if (hookRun === undefined || hook === undefined) return;
  if (hookRun.overdue) return takeHookEnded(state, { kind: 'hook-ended', id, outcome: 'lost' });
  const leftMs = hookRun.startedMs + hook.timeoutMs - state.at.nowMs;
  if (leftMs > 0) return arm(state, `hook:${id}`, leftMs);
  hookRun.overdue = true;
  emit(state, { kind: 'kill-hook', id });
  arm(state, `hook:${id}`, HOOK_END_MS);
}

function next(state: SuperviseState, hookRun: HookRun): void {
  // A stop that came meanwhile ends the start between two hooks.
  const givenUp = hookRun.stage === 'before_start' && hookRun.run.end !== null;
  hookRun.index += 1;
  if (hookRun.index < hookRun.hooks.length && !givenUp) return startHook(state, hookRun);
  state.hooks.delete(hookRun.id);
  goOn(state, hookRun);
}

function goOn(state: SuperviseState, { stage, instance, run }: HookRun): void {
  touch(state, instance, `${stage} done`);
  switch (stage) {
    case 'before_start':
      // What it needs may have gone while its hooks worked.
      if (run.end !== null || !mayStart(state, instance)) startFailed(state, run, null);
      else if (run.exit === null) emitSpawn(state, instance, run);
      return;
    case 'after_start':
      return;
    case 'before_stop':
      if (run.end?.stage !== 'preparing' || run.exit !== null) return;
      run.end.stage = 'signalled';
      signalRun(state, run);
      return;
    case 'after_stop':
      afterExit(state, instance, run);
      return;
    default:
      stage satisfies never;
  }
}

function fail(state: SuperviseState, hookRun: HookRun, hook: Hook, how: string): void {
  const { stage, instance, run, id } = hookRun;
  const givenUp = stage === 'before_start' && run.end !== null;
  const message = `its ${stage} hook (${hookName(hook)}) ${how}`;
  const notice: Notice = {
    kind: 'hook-failed',
    instance: instance.id,
    stage,
    message,
    policy: hook.onFailure,
  };
  // A start that failed is told by the view of its instance, also to who was not there.
  const isShown = stage === 'before_start' && hook.onFailure !== 'ignore';
  if (!givenUp && !isShown) emit(state, { kind: 'publish', notice });
  hookRun.overdue = false;
  if (givenUp || hook.onFailure === 'ignore') return next(state, hookRun);
  state.hooks.delete(id);
  const error = { code: 'E-HOOK', message, permanent: hook.onFailure === 'fail' };
  if (stage === 'before_start') return startFailed(state, run, error);
  if (stage !== 'after_start') return goOn(state, hookRun);
  instance.hookError = error;
  endRun(state, run, 'hook-failed', false);
}
