/**
 * When a schedule is due: the moments that a cron expression names in a time zone.
 *
 * Clocks that change are the hard part. A time of day that comes twice is due the first time
 * only, and one that is skipped is due when the clocks have just been put forward; so each named
 * time happens once on each of its days. A schedule whose hour is `*` goes by the time that has
 * passed instead: it runs in both of the doubled hours and makes up for nothing. This is what
 * Vixie cron does for changes of up to three hours. Days without a change cost no look at the
 * zone's table beyond two.
 */
import { assert } from '@fettle/sdk/assert';
import { fitsDay, type Cron } from './cron.ts';
import { zoneOffsetMs } from './zone.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** 29 February is missing in 1900 and 2100: eight years lie between two of them. */
const maxDays = 8 * 366 + 1;
/** No zone is further from UTC than this. */
const farthestMs = 15 * 3_600_000;

/** The first moment after `afterMs`, epoch ms; null: none within eight years. */
export function nextOccurrence(cron: Cron, zone: string, afterMs: number): number | null {
  const local = afterMs + zoneOffsetMs(zone, afterMs);
  // A moment after a change may belong to the day before.
  const firstDay = Math.floor(local / dayMs) - 1;
  for (let day = firstDay; day < firstDay + maxDays; day += 1) {
    const midnightMs = day * dayMs;
    const date = new Date(midnightMs);
    const [month, ofMonth, weekday] = [date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCDay()];
    if (!fitsDay(cron, { day: ofMonth, month, weekday })) continue;
    const found = firstOfDay(cron, zone, midnightMs, afterMs);
    if (found !== null) return found;
  }
  return null;
}

/** All moments in (`afterMs`, `untilMs`]; of many only the last `keep`, with the count of all. */
export function occurrencesBetween(
  cron: Cron,
  zone: string,
  { afterMs, untilMs, keep }: Readonly<{ afterMs: number; untilMs: number; keep: number }>,
): Readonly<{ last: readonly number[]; count: number }> {
  const last: number[] = [];
  let count = 0;
  let at = nextOccurrence(cron, zone, afterMs);
  while (at !== null && at <= untilMs) {
    count += 1;
    last.push(at);
    if (last.length > keep) last.shift();
    at = nextOccurrence(cron, zone, at);
  }
  return { last, count };
}

/** The next `count` moments, or as many as there are within eight years of each other. */
export function occurrencesAfter(
  cron: Cron,
  zone: string,
  afterMs: number,
  count: number,
): readonly number[] {
  const found: number[] = [];
  let at = nextOccurrence(cron, zone, afterMs);
  while (at !== null && found.length < count) {
    found.push(at);
    at = nextOccurrence(cron, zone, at);
  }
  return found;
}

function firstOfDay(cron: Cron, zone: string, midnightMs: number, afterMs: number): number | null {
  const clock = clockOfDay(zone, midnightMs);
  let best: number | null = null;
  for (const hour of cron.hours) {
    for (const minute of cron.minutes) {
      const local = midnightMs + (hour * 60 + minute) * minuteMs;
      for (const at of momentsOf(local, clock, cron.everyHour))
        if (at > afterMs && (best === null || at < best)) best = at;
    }
    // Hours ascend; only a change can bring a later one before an earlier one.
    if (best !== null && clock.changeMs === null) return best;
  }
  return best;
}

/** The offsets of a day: one, or two with the moment of the change. */
type DayClock = Readonly<{ beforeMs: number; afterMs: number; changeMs: number | null }>;

function clockOfDay(zone: string, midnightMs: number): DayClock {
  let [low, high] = [midnightMs - farthestMs, midnightMs + dayMs + farthestMs];
  const beforeMs = zoneOffsetMs(zone, low);
  const afterMs = zoneOffsetMs(zone, high);
  if (beforeMs === afterMs) return { beforeMs, afterMs, changeMs: null };
  while (high - low > 1_000) {
    const middle = Math.floor((low + high) / 2_000) * 1_000;
    if (zoneOffsetMs(zone, middle) === beforeMs) low = middle;
    else high = middle;
  }
  assert(high - low <= 1_000, 'a change has a moment');
  return { beforeMs, afterMs, changeMs: high };
}

/** The moments at which the clocks on the wall show `local` (epoch ms as if it were UTC). */
function momentsOf(local: number, clock: DayClock, everyHour: boolean): readonly number[] {
  const { beforeMs, afterMs, changeMs } = clock;
  if (changeMs === null) return [local - beforeMs];
  const early = local - beforeMs < changeMs ? [local - beforeMs] : [];
  const late = local - afterMs >= changeMs ? [local - afterMs] : [];
  if (early.length > 0 && late.length > 0) return everyHour ? [...early, ...late] : early;
  if (early.length > 0 || late.length > 0) return [...early, ...late];
  // Skipped by the clocks.
  return everyHour ? [] : [changeMs];
}
