/** What is remembered of a service's schedule, and what of it is shown. */
import type { Schedule } from '../stack/schedule.ts';

export type Plan = {
  /** Of the definition that `next` was reckoned by. */
  schedule: Schedule;
  /** Every moment up to here has been dealt with; wall clock, epoch ms. */
  cursorMs: number;
  /** The next moment, and when its run begins; null: none ever. */
  next: Readonly<{ dueMs: number; beginMs: number }> | null;
  /** A moment whose run waits for the end of the one before it. */
  heldMs: number | null;
  /** The moment that was run last, and when that began (wall clock); null: none yet. */
  begun: Readonly<{ dueMs: number; atMs: number }> | null;
  /** Moments that were missed and not made up for, and those skipped, since the plan was opened. */
  missed: number;
  skipped: number;
  /** What is not as the schedule wants it, in words; null: nothing. */
  alarm: string | null;
  /** A moment that was missed, until the next run begins. */
  lostMs: number | null;
};

/** All times wall clock, epoch ms. */
export type ScheduleView = Readonly<{
  cron: string;
  timezone: string;
  /** When the next run begins, jitter included; null: none, or the service is stopped. */
  nextAtMs: number | null;
  /** The moment of the last run and when it began; null: none yet. */
  lastDueAtMs: number | null;
  lastBeganAtMs: number | null;
  missed: number;
  skipped: number;
  alarm: string | null;
}>;

export function scheduleView(plan: Plan, isStopped: boolean): ScheduleView {
  const { schedule, next, begun, missed, skipped, alarm } = plan;
  return {
    cron: schedule.cron,
    timezone: schedule.timezone,
    nextAtMs: isStopped ? null : (next?.beginMs ?? null),
    lastDueAtMs: begun?.dueMs ?? null,
    lastBeganAtMs: begun?.atMs ?? null,
    missed,
    skipped,
    alarm,
  };
}
