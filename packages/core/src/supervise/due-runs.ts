/**
 * Decides about the moments of a schedule that have come.
 *
 * Each is dealt with once: run, skipped because the last run is not over, kept until it is, or
 * missed because nobody was there (the daemon was down, the machine slept, the clock was put
 * forward). Everything up to the cursor has been dealt with; it never goes back, so a clock that is
 * put back repeats nothing, except for one that was so wrong that waiting for it would be worse.
 */
import { assert } from '@fettle/sdk/assert';
import { readCron, type Cron } from '../stack/cron.ts';
import { nextOccurrence, occurrencesBetween } from '../stack/occurrences.ts';
import type { Schedule } from '../stack/schedule.ts';
import { hash32 } from './prng.ts';

/** What `all` makes up for at most. */
export const maxMadeUp = 24;
/** Later than this, with jitter allowed for, it was not on time. */
export const onTimeMs = 60_000;
/** A clock that was put back by more was wrong before: its new word counts. Source: cron(8). */
export const farBackMs = 3 * 3_600_000;

export type Due = Readonly<{
  /** To begin now, or as soon as the run that is there lets it; null: nothing. */
  run: number | null;
  /** `run` comes late: it makes up for a moment that was missed. */
  late: boolean;
  /** Moments that will not be run because nobody was there, the newest last. */
  missed: readonly number[];
  /** How many were missed, those included that are too old to be named. */
  missedCount: number;
  /** Everything up to here has been dealt with. */
  cursorMs: number;
}>;

/** How long after its moment a run begins: spread over the jitter, the same after a restart. */
export function jitterOf(name: string, schedule: Schedule, dueMs: number): number {
  if (schedule.jitterMs === 0) return 0;
  return hash32(`${name} ${dueMs}`, 0x811c9dc5) % schedule.jitterMs;
}

const read = new Map<string, Cron>();

export function cronOf({ cron }: Pick<Schedule, 'cron'>): Cron {
  const known = read.get(cron);
  if (known !== undefined) return known;
  const reading = readCron(cron);
  assert(reading.ok, 'a schedule was checked when the config was read');
  read.set(cron, reading.cron);
  return reading.cron;
}

/** The next moment after the cursor, and when its run begins; null: there is none. */
export function nextDue(
  name: string,
  schedule: Schedule,
  cursorMs: number,
): Readonly<{ dueMs: number; beginMs: number }> | null {
  const dueMs = nextOccurrence(cronOf(schedule), schedule.timezone, cursorMs);
  return dueMs === null ? null : { dueMs, beginMs: dueMs + jitterOf(name, schedule, dueMs) };
}

/** Decides about every moment after `cursorMs` that has come. */
export function takeDue(name: string, schedule: Schedule, cursorMs: number, nowMs: number): Due {
  const { timezone, missed: policy } = schedule;
  const span = { afterMs: cursorMs, untilMs: nowMs, keep: maxMadeUp };
  const { last, count } = occurrencesBetween(cronOf(schedule), timezone, span);
  // One whose jitter is not over holds up those after it.
  const firstWaiting = last.findIndex((dueMs) => dueMs + jitterOf(name, schedule, dueMs) > nowMs);
  const begun = firstWaiting < 0 ? last : last.slice(0, firstWaiting);
  const newest = begun.at(-1);
  const waiting = last.length - begun.length;
  if (newest === undefined) return { run: null, late: false, missed: [], missedCount: 0, cursorMs };
  const isOnTime = nowMs - newest - jitterOf(name, schedule, newest) <= onTimeMs;
  const all = count - waiting;
  if (policy === 'all') {
    const [oldest = newest] = begun;
    const lost = all - begun.length;
    return {
      run: oldest,
      late: oldest !== newest || !isOnTime,
      missed: [],
      missedCount: lost,
      cursorMs: oldest,
    };
  }
  const run = isOnTime || policy === 'once' ? newest : null;
  const missed = run === null ? begun : begun.slice(0, -1);
  return {
    run,
    late: run !== null && !isOnTime,
    missed,
    missedCount: all - (run === null ? 0 : 1),
    cursorMs: newest,
  };
}
