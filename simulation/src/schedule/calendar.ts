/**
 * When schedules are due, found the plain way: every minute of the year, what the clocks on the
 * wall show then, and whether the five fields name that. Slow, and written apart from what it
 * judges: only the reading of the fields is shared, which has tests of its own.
 */
import { readCron, type Cron } from '@fettle/core/stack/cron';
import type { Schedule } from '@fettle/core/stack/schedule';
import { zoneOffsetMs } from '@fettle/core/stack/zone';

const minuteMs = 60_000;
/** Clocks change at quarters of an hour. */
const quarterMs = 900_000;

/**
 * Moments in [`fromMs`, `toMs`), ascending. `zone`: whose clocks; those of the schedule unless
 * told.
 */
export function calendarOf(
  schedule: Schedule,
  { fromMs, toMs }: Readonly<{ fromMs: number; toMs: number }>,
  zone = schedule.timezone,
): readonly number[] {
  const reading = readCron(schedule.cron);
  if (!reading.ok) return [];
  const { cron } = reading;
  const due: number[] = [];
  const shown = new Set<number>();
  let offsetMs = 0;
  let lastFace: number | null = null;
  for (let ms = fromMs - (fromMs % quarterMs); ms < toMs; ms += minuteMs) {
    if (ms % quarterMs === 0) offsetMs = zoneOffsetMs(zone, ms);
    const face = ms + offsetMs;
    // Put forward: what the clocks jumped over is due now. Put back: what was shown is not due
    // again.
    const first: number = lastFace === null ? face : Math.min(face, lastFace + minuteMs);
    let isDue = false;
    for (let one = cron.everyHour ? face : first; one <= face; one += minuteMs) {
      if (!names(cron, one) || (!cron.everyHour && shown.has(one))) continue;
      shown.add(one);
      isDue = true;
    }
    if (isDue && ms >= fromMs) due.push(ms);
    lastFace = face;
  }
  return due;
}

function names(cron: Cron, face: number): boolean {
  const date = new Date(face);
  if (!cron.minutes.includes(date.getUTCMinutes())) return false;
  if (!cron.hours.includes(date.getUTCHours())) return false;
  if (!cron.months.has(date.getUTCMonth() + 1)) return false;
  const byDay = cron.days.has(date.getUTCDate());
  const byWeekday = cron.weekdays.has(date.getUTCDay());
  return cron.eitherDay ? byDay || byWeekday : byDay && byWeekday;
}
