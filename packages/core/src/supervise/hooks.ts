/**
 * Runs the hooks of one stage, one after the other. What follows the last of them, or the first
 * that fails, is decided in `hook-events.ts`.
 *
 * Hooks before a start carry the run's token, as do those beside a live run: they end with it. Those
 * after a stop carry none, for what is left of the ended run is being killed while they work.
 */
import type { Hook, HookStage } from '../stack/hook.ts';
import { environmentFor } from './environment.ts';
import { arm, emit, touch, type HookRun, type Instance, type Run } from './state.ts';
import type { SuperviseState } from './state.ts';

export function hooksOf(instance: Instance, stage: HookStage): readonly Hook[] {
  return instance.service.definition.hooks?.[stage] ?? [];
}

/** false: there is nothing to run at this stage. */
export function beginHooks(
  state: SuperviseState,
  instance: Instance,
  run: Run,
  stage: HookStage,
): boolean {
  const hooks = hooksOf(instance, stage);
  if (hooks.length === 0) return false;
  const hookRun: HookRun = {
    id: hookId(stage, run),
    stage,
    instance,
    run,
    hooks,
    index: 0,
    startedMs: state.at.nowMs,
    overdue: false,
  };
  state.hooks.set(hookRun.id, hookRun);
  startHook(state, hookRun);
  touch(state, instance, stage);
  return true;
}

export function startHook(state: SuperviseState, hookRun: HookRun): void {
  const { id, stage, instance, run, hooks, index } = hookRun;
  const hook = hooks[index];
  if (hook === undefined) return;
  const { FETTLE_RUN: token = '', ...environment } = environmentFor(state, instance, run.token);
  hookRun.startedMs = state.at.nowMs;
  emit(state, {
    kind: 'run-hook',
    id,
    stage,
    instance: instance.id,
    token: run.token,
    command: hook.command,
    ...givenBefore(stage, instance),
    workingDir: hook.workingDir ?? instance.service.definition.workingDir,
    environment: {
      ...environment,
      ...(stage === 'after_stop' ? exitVariables(run) : { FETTLE_RUN: token }),
      ...hook.environment,
      FETTLE_HOOK: stage,
    },
  });
  arm(state, `hook:${id}`, hook.timeoutMs);
}

/** What the service is given, the hooks before its start have, too. */
function givenBefore(stage: HookStage, { service }: Instance) {
  const { given } = service.definition;
  return stage === 'before_start' && given !== undefined ? { given } : {};
}

export function isHooking(state: SuperviseState, stage: HookStage, run: Run): boolean {
  return state.hooks.has(hookId(stage, run));
}

/** Its run has ended, or is to end: nobody waits for these hooks any more. */
export function dropHooks(state: SuperviseState, stage: HookStage, run: Run): void {
  const id = hookId(stage, run);
  if (!state.hooks.delete(id)) return;
  arm(state, `hook:${id}`, null);
  emit(state, { kind: 'kill-hook', id });
}

function hookId(stage: HookStage, run: Run): string {
  return `${stage}/${run.token}`;
}

/** How the run ended, as a shell tells it; absent: nobody knows. */
function exitVariables({ exit }: Run): Readonly<Record<string, string>> {
  return exit?.code === null || exit === null ? {} : { FETTLE_EXIT_CODE: String(exit.code) };
}
