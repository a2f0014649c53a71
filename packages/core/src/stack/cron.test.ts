/** Cron expressions, and when they are due: against a look at every minute of a year. */
import { describe, expect, test } from 'vitest';
import { readCron, type Cron } from './cron.ts';
import { nextOccurrence, occurrencesBetween } from './occurrences.ts';
import { isZone, zoneOffsetMs } from './zone.ts';

function cronOf(text: string): Cron {
  const reading = readCron(text);
  if (!reading.ok) throw new TypeError(reading.message);
  return reading.cron;
}
const at = (text: string): number => Date.parse(text);
const next = (text: string, zone: string, after: string): string => {
  const found = nextOccurrence(cronOf(text), zone, at(after));
  return found === null ? 'never' : new Date(found).toISOString().slice(0, 16);
};

describe('reading', () => {
  test.each([
    ['* * * *', /five fields, and this has 4/],
    ['0 * * * * *', /six|seconds are not known/],
    ['60 * * * *', /minute, `60` lies outside 0 to 59/],
    ['0 24 * * *', /hour/],
    ['0 0 0 * *', /day of the month/],
    ['0 0 * 13 *', /month/],
    ['0 0 * * 8', /day of the week/],
    ['5-1 * * * *', /runs backwards/],
    ['*/0 * * * *', /step/],
    ['a * * * *', /lies outside/],
    ['0 0 L * *', /lies outside/],
    ['0 0 * * mon#2', /cannot be read/],
    ['1,,2 * * * *', /cannot be read/],
    ['*-5 * * * *', /cannot be read/],
    ['0 0 30 2 *', /never run/],
    ['@reboot', /no schedule/],
    ['', /has 0/],
  ])('%s is refused', (text, reason) => {
    const reading = readCron(text);
    expect(reading.ok ? '' : reading.message).toMatch(reason);
    expect(reading.ok ? '' : reading.hint).not.toBe('');
  });
  test('lists, ranges, steps and names', () => {
    expect(cronOf('1,5-7,*/20 * * * *').minutes).toEqual([0, 1, 5, 6, 7, 20, 40]);
    expect(cronOf('10/25 * * * *').minutes).toEqual([10, 35]);
    expect([...cronOf('0 0 * JAN-mar,dec *').months]).toEqual([1, 2, 3, 12]);
    expect([...cronOf('0 0 * * 5-7').weekdays].toSorted()).toEqual([0, 5, 6]);
    expect(cronOf('@Daily')).toEqual(cronOf('0 0 * * *'));
  });
});

describe('clocks that change', () => {
  const berlin = 'Europe/Berlin';
  test.each([
    // Spring: 29 March 2026, 02:00 becomes 03:00 (01:00 UTC).
    ['30 2 * * *', berlin, '2026-03-28T12:00Z', '2026-03-29T01:00'],
    ['30 2 * * *', berlin, '2026-03-29T01:00Z', '2026-03-30T00:30'],
    ['0 * * * *', berlin, '2026-03-29T00:00Z', '2026-03-29T01:00'],
    // Autumn: 25 October 2026, 03:00 becomes 02:00 (01:00 UTC).
    ['30 2 * * *', berlin, '2026-10-24T12:00Z', '2026-10-25T00:30'],
    ['30 2 * * *', berlin, '2026-10-25T00:30Z', '2026-10-26T01:30'],
    ['30 * * * *', berlin, '2026-10-25T00:30Z', '2026-10-25T01:30'],
    ['30 */2 * * *', berlin, '2026-10-25T00:30Z', '2026-10-25T03:30'],
    // Half an hour, in the southern autumn: 5 April 2026, 02:00 becomes 01:30.
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T12:00Z', '2026-04-04T14:45'],
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T14:45Z', '2026-04-05T15:15'],
    // Midnight itself is skipped: Cairo, 24 April 2026.
    ['@daily', 'Africa/Cairo', '2026-04-23T12:00Z', '2026-04-23T22:00'],
    ['0 0 29 2 *', 'UTC', '2026-01-01T00:00Z', '2028-02-29T00:00'],
    ['0 0 13 * fri', 'UTC', '2026-02-12T00:00Z', '2026-02-13T00:00'],
    ['0 0 13 * fri', 'UTC', '2026-02-13T00:00Z', '2026-02-20T00:00'],
  ])('%s in %s after %s is due at %s', (text, zone, after, expected) =>
    expect(next(text, zone, after)).toBe(expected),
  );
  test('zones are those of IANA', () => {
    expect(isZone('Europe/Berlin')).toBe(true);
    expect(isZone('Europe/Berlim')).toBe(false);
    expect(zoneOffsetMs('Asia/Kathmandu', at('2026-01-01T00:00Z'))).toBe(20_700_000);
  });
});

/** The plain way: every minute of the year, its face in the zone, and the rule for days. */
function slowly(text: string, zone: string, year: number): readonly number[] {
  const cron = cronOf(text);
  const due: number[] = [];
  const seen = new Set<number>();
  let offsetMs = 0;
  let lastFace = Number.NEGATIVE_INFINITY;
  for (let ms = Date.UTC(year, 0, 1); ms < Date.UTC(year + 1, 0, 1); ms += 60_000) {
    if (ms % 900_000 === 0) offsetMs = zoneOffsetMs(zone, ms);
    const face = ms + offsetMs;
    // Faces that the clocks jumped over are due now, those that come again are not.
    const from = face - lastFace > 60_000 && Number.isFinite(lastFace) ? lastFace + 60_000 : face;
    let isDue = false;
    for (let one = from; one <= face; one += 60_000) {
      const date = new Date(one);
      const fits =
        cron.minutes.includes(date.getUTCMinutes()) &&
        cron.hours.includes(date.getUTCHours()) &&
        (cron.eitherDay
          ? cron.days.has(date.getUTCDate()) || cron.weekdays.has(date.getUTCDay())
          : cron.days.has(date.getUTCDate()) && cron.weekdays.has(date.getUTCDay())) &&
        cron.months.has(date.getUTCMonth() + 1);
      if (!fits || (cron.everyHour && one !== face)) continue;
      if (!cron.everyHour && seen.has(one)) continue;
      seen.add(one);
      isDue = true;
    }
    if (isDue) due.push(ms);
    lastFace = face;
  }
  return due;
}

test.each([
  ['*/20 * * * *', 'Europe/Berlin'],
  ['30 2 * * *', 'America/New_York'],
  ['15,45 1-3 * * sun', 'Australia/Lord_Howe'],
  ['0 0 1,15 * mon', 'Africa/Cairo'],
  ['5 */6 * 2-4 *', 'America/St_Johns'],
  ['59 23 31 * *', 'UTC'],
])('%s in %s: the year is as a look at each minute has it', (text, zone) => {
  const span = { afterMs: Date.UTC(2026, 0, 1) - 1, untilMs: Date.UTC(2027, 0, 1) - 1 };
  const { last } = occurrencesBetween(cronOf(text), zone, { ...span, keep: 1e6 });
  expect(last).toEqual(slowly(text, zone, 2026));
});
