/**
 * What a fired timer means. Its name says whose it is: `backoff:api.1`, `grace:<token>`.
 *
 * A timer that was replaced may fire all the same; each case therefore asks whether its time has
 * come and its reason still holds.
 */
import { hookOverdue } from './hook-events.ts';
import { OPTIONAL_WAIT_MS, startNow } from './start-order.ts';
import { exitOverdue } from './run-events.ts';
import { retryDue } from './ports.ts';
import { arm, emit, touch, type Instance, type Run, type SuperviseState } from './state.ts';
import { rolloutDue } from './rolling.ts';
import { scheduleTimerFired } from './schedules.ts';
import { endGently, killDue, killRun } from './stop-order.ts';

export function takeTimer(state: SuperviseState, timer: string): void {
  if (timer === 'schedules') return scheduleTimerFired(state);
  const colon = timer.indexOf(':');
  const kind = timer.slice(0, colon);
  const subject = timer.slice(colon + 1);
  const instance = state.instances.get(subject);
  if (instance !== undefined) fireForInstance(state, kind, instance);
  const record = kind === 'rolling' ? state.services.get(subject) : undefined;
  if (record !== undefined) rolloutDue(state, record);
  if (kind === 'hook') return hookOverdue(state, subject);
  const run = state.runs.get(subject);
  if (run !== undefined) fireForRun(state, kind, run);
}

function fireForInstance(state: SuperviseState, kind: string, instance: Instance): void {
  const { nowMs } = state.at;
  switch (kind) {
    case 'backoff':
      if (instance.phase !== 'backing-off' || instance.nextStart === null) return;
      if (nowMs < instance.nextStart.nowMs) {
        arm(state, `backoff:${instance.id}`, instance.nextStart.nowMs - nowMs);
      } else startNow(state, instance, instance.nextReason);
      return;
    case 'port':
      retryDue(state, instance);
      return;
    case 'optional':
      if (instance.optionalUntilMs === null || instance.phase !== 'waiting') return;
      if (nowMs < instance.optionalUntilMs) {
        const leftMs = Math.min(OPTIONAL_WAIT_MS, instance.optionalUntilMs - nowMs);
        arm(state, `optional:${instance.id}`, leftMs);
      } else state.advancing.add(instance);
      return;
    case 'settle':
      settleCrashLoop(state, instance);
      return;
    default:
  }
}

function fireForRun(state: SuperviseState, kind: string, run: Run): void {
  switch (kind) {
    case 'spawn':
      spawnOverdue(state, run);
      return;
    case 'grace':
      if (run.exit === null && run.end?.stage === 'signalled') killRun(state, run);
      return;
    case 'drain':
      if (run.exit === null && run.end?.stage === 'draining') endGently(state, run);
      return;
    case 'kill':
      if (run.kills > 0) killDue(state, run);
      return;
    case 'exit':
      exitOverdue(state, run);
      return;
    default:
  }
}

/** A full period in good health: the loop is over. */
function settleCrashLoop(state: SuperviseState, instance: Instance): void {
  const since = instance.run?.readySinceMs ?? null;
  if (!instance.crashLoop || !instance.ready || since === null) return;
  const { periodMs } = instance.service.definition.intensity;
  const leftMs = since + periodMs - state.at.nowMs;
  if (leftMs > 0) {
    arm(state, `settle:${instance.id}`, leftMs);
    return;
  }
  instance.crashLoop = false;
  instance.recentMs = [];
  emit(state, { kind: 'record', entry: { kind: 'settled', instance: instance.id } });
  touch(state, instance, 'settled');
}

/** The shell never said what became of the spawn: whatever there is must go before the next. */
function spawnOverdue(state: SuperviseState, run: Run): void {
  if (!run.confirmed && run.exit === null) killRun(state, run);
}
