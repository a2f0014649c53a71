/**
 * Runs services by the clock: looks, after each event and at least every half minute, which moments
 * of which schedule have come, and begins, holds, skips or gives up each of them once.
 *
 * What is decided about a moment is in the run log before it is done, so that a daemon that dies
 * neither repeats nor forgets one. The wall clock says when; it may jump either way, and the
 * machine may sleep: therefore nothing waits longer than half a minute before it looks again.
 */
import { formatDuration } from '@fettle/sdk/duration';
import type { Schedule } from '../stack/schedule.ts';
import { farBackMs, nextDue, takeDue, type Due } from './due-runs.ts';
import type { ScheduleNotice } from './effect.ts';
import type { Plan } from './plan-state.ts';
import type { DueEntry } from './run-log.ts';
import { startNow } from './start-order.ts';
import {
  arm,
  emit,
  touch,
  type Instance,
  type ServiceRecord,
  type SuperviseState,
} from './state.ts';
import { endRun } from './stop-order.ts';

/** A jump of the clock is noticed within this time. */
const lookMs = 30_000;
const timer = 'schedules';

/** After each event. */
export function followSchedules(state: SuperviseState): void {
  let isScheduled = false;
  for (const [name, record] of state.services) {
    const { schedule } = record.definition;
    if (schedule === undefined || record.removed) state.plans.delete(name);
    else {
      isScheduled = true;
      const plan = state.plans.get(name) ?? openPlan(state, name, schedule);
      if (!state.goingDown) follow(state, record, plan, schedule);
    }
  }
  if (isScheduled || state.scheduleTimerMs !== null) armTimer(state);
}

/** Its time has come: whoever looks next arms it again. */
export function scheduleTimerFired(state: SuperviseState): void {
  state.scheduleTimerMs = null;
}

function openPlan(state: SuperviseState, name: string, schedule: Schedule): Plan {
  const known = state.rememberedDue.get(name);
  state.rememberedDue.delete(name);
  const plan: Plan = {
    schedule,
    cursorMs: known?.dueMs ?? state.at.atMs,
    next: null,
    heldMs: known?.heldMs ?? null,
    begun: known?.did === 'run' ? { dueMs: known.dueMs, atMs: known.atMs } : null,
    missed: 0,
    skipped: 0,
    alarm: null,
    lostMs: null,
  };
  if (known === undefined) note(state, name, plan, 'opened');
  plan.next = nextDue(name, schedule, plan.cursorMs);
  state.plans.set(name, plan);
  return plan;
}

/** In the run log before it is acted on. */
function note(
  state: SuperviseState,
  service: string,
  { cursorMs: dueMs, heldMs, begun }: Plan,
  did: DueEntry['did'],
): void {
  const at = did === 'run' ? begun?.dueMs : heldMs;
  const held = at === null || at === undefined ? {} : { heldMs: at };
  const { atMs } = state.at;
  emit(state, { kind: 'record', entry: { kind: 'due', service, dueMs, did, ...held, atMs } });
}

function follow(
  state: SuperviseState,
  record: ServiceRecord,
  plan: Plan,
  schedule: Schedule,
): void {
  const { name } = record.definition;
  if (plan.schedule !== schedule) changeSchedule(state, name, plan, schedule);
  const instance = record.instances.get(1);
  if (instance === undefined) return;
  takeClockBack(state, name, plan);
  // One that waits for its turn goes before all that have come since.
  if (plan.heldMs !== null && !isBusy(instance) && record.wanted === 'running')
    begin(state, instance, plan, plan.heldMs);
  if (plan.next !== null && state.at.atMs >= plan.next.beginMs)
    takeMoments(state, record, plan, instance);
  judgeAlarm(state, instance, plan);
}

/** Compared by content: every `apply` brings new objects. */
function changeSchedule(state: SuperviseState, name: string, plan: Plan, schedule: Schedule): void {
  const { cron, timezone } = plan.schedule;
  plan.schedule = schedule;
  const isOther = cron !== schedule.cron || timezone !== schedule.timezone;
  // What the old one had missed is not the new one's to make up for.
  if (isOther) {
    plan.cursorMs = state.at.atMs;
    note(state, name, plan, 'opened');
  }
  plan.next = nextDue(name, schedule, plan.cursorMs);
}

function takeClockBack(state: SuperviseState, name: string, plan: Plan): void {
  const backMs = plan.cursorMs - state.at.atMs;
  if (backMs <= farBackMs) return;
  plan.cursorMs = state.at.atMs;
  plan.next = nextDue(name, plan.schedule, plan.cursorMs);
  note(state, name, plan, 'opened');
  tell(state, {
    service: name,
    what: 'clock-back',
    dueMs: plan.cursorMs,
    text: `the clock was put back by ${formatDuration(backMs)}`,
  });
}

function takeMoments(
  state: SuperviseState,
  record: ServiceRecord,
  plan: Plan,
  instance: Instance,
): void {
  const { name } = record.definition;
  const due = takeDue(name, plan.schedule, plan.cursorMs, state.at.atMs);
  const busy = isBusy(instance);
  // Made up for one after another: the next waits where it is.
  if (due.late && plan.schedule.missed === 'all' && busy) return;
  plan.cursorMs = due.cursorMs;
  plan.next = nextDue(name, plan.schedule, due.cursorMs);
  touch(state, instance, 'scheduled');
  // Stopped on purpose: its schedule rests with it.
  if (record.wanted === 'stopped') return;
  if (due.missedCount > 0) lose(state, name, plan, due);
  if (due.run === null) return;
  if (due.late) {
    const text = 'a run begins late: nobody was there at its time';
    tell(state, { service: name, what: 'late', dueMs: due.run, text });
  }
  if (!busy) begin(state, instance, plan, due.run);
  else overlap(state, instance, plan, due.run);
}

function lose(state: SuperviseState, name: string, plan: Plan, due: Due): void {
  plan.missed += due.missedCount;
  if (due.run === null) {
    plan.lostMs = due.missed.at(-1) ?? null;
    note(state, name, plan, 'missed');
  }
  const count = due.missedCount === 1 ? 'a run was' : `${due.missedCount} runs were`;
  tell(state, {
    service: name,
    what: 'missed',
    dueMs: due.missed.at(-1) ?? due.cursorMs,
    text: `${count} missed`,
  });
}

function overlap(state: SuperviseState, instance: Instance, plan: Plan, dueMs: number): void {
  const { name } = instance.service.definition;
  const policy = plan.schedule.overlap;
  const isFull = policy === 'queue' && plan.heldMs !== null;
  if (policy === 'skip' || isFull) {
    plan.skipped += 1;
    note(state, name, plan, 'skipped');
    tell(state, {
      service: name,
      what: 'skipped',
      dueMs: dueMs,
      text: 'a run was skipped: the one before it is not over',
    });
    return;
  }
  plan.heldMs = dueMs;
  note(state, name, plan, 'held');
  if (policy === 'queue') {
    tell(state, {
      service: name,
      what: 'held',
      dueMs: dueMs,
      text: 'a run waits for the end of the one before it',
    });
    return;
  }
  tell(state, {
    service: name,
    what: 'replaced',
    dueMs: dueMs,
    text: 'the run before is ended: the next one is due',
  });
  if (instance.run !== null) endRun(state, instance.run, 'next-run', false);
}

function begin(state: SuperviseState, instance: Instance, plan: Plan, dueMs: number): void {
  plan.heldMs = null;
  plan.lostMs = null;
  plan.begun = { dueMs, atMs: state.at.atMs };
  note(state, instance.service.definition.name, plan, 'run');
  startNow(state, instance, 'schedule');
}

/** Anything but resting. A crash loop's next try is part of the run that is there. */
function isBusy({ run, phase }: Instance): boolean {
  return run !== null || phase !== 'idle';
}

function judgeAlarm(state: SuperviseState, instance: Instance, plan: Plan): void {
  const alarm = alarmOf(state, instance, plan);
  if (alarm === plan.alarm) return;
  const { name } = instance.service.definition;
  plan.alarm = alarm;
  touch(state, instance, alarm === null ? 'alarm over' : 'alarm');
  if (alarm !== null)
    tell(state, {
      service: name,
      what: 'alarm',
      dueMs: plan.begun?.dueMs ?? state.at.atMs,
      text: alarm,
    });
}

/** Texts that stay the same while the trouble does. */
function alarmOf(
  { at }: SuperviseState,
  { run, phase, waitingFor }: Instance,
  { schedule, begun, lostMs }: Plan,
): string | null {
  const { maxRuntimeMs, graceMs } = schedule;
  if (run !== null && maxRuntimeMs !== null && at.nowMs - run.startedMs > maxRuntimeMs)
    return `its run takes longer than ${formatDuration(maxRuntimeMs)}`;
  if (phase === 'waiting' && begun !== null && at.atMs - begun.atMs > graceMs) {
    const [first] = waitingFor;
    const what = first === undefined ? 'a port' : `${first.service} (${first.condition})`;
    return `the run due at ${timeText(begun.dueMs)} waits for ${what}`;
  }
  return lostMs === null ? null : `the run due at ${timeText(lostMs)} was missed`;
}

function timeText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16)}Z`;
}

type Told = Omit<ScheduleNotice, 'kind'>;

function tell(state: SuperviseState, told: Told): void {
  emit(state, { kind: 'publish', notice: { kind: 'schedule', ...told } });
}

function armTimer(state: SuperviseState): void {
  const { nowMs, atMs } = state.at;
  let waitMs = state.plans.size === 0 ? null : lookMs;
  for (const [name, { next, schedule, alarm }] of state.plans) {
    // One that has come and waits for the run before it is looked at with everything else.
    const untilMs = next === null ? 0 : next.beginMs - atMs;
    if (untilMs > 0 && waitMs !== null) waitMs = Math.min(waitMs, untilMs);
    const run = state.services.get(name)?.instances.get(1)?.run ?? null;
    if (run === null || schedule.maxRuntimeMs === null || alarm !== null) continue;
    const overdueMs = run.startedMs + schedule.maxRuntimeMs + 1 - nowMs;
    if (overdueMs > 0 && waitMs !== null) waitMs = Math.min(waitMs, overdueMs);
  }
  const wanted = waitMs === null ? null : nowMs + waitMs;
  const armed = state.scheduleTimerMs;
  // One that fires a little early looks, and arms itself for the rest.
  if (wanted !== null && armed !== null && armed >= nowMs && armed <= wanted) return;
  if (wanted === armed) return;
  state.scheduleTimerMs = wanted;
  arm(state, timer, waitMs);
}
