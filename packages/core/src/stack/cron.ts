/**
 * Reads the five fields of cron: minute, hour, day of month, month, day of week.
 *
 * The words are Vixie cron's: lists, ranges, steps, names of months and days, `@daily` and its
 * kin, and its rule that a day fits by either field when both are restricted. Seconds, `L`, `W`,
 * `#` and `@reboot` are refused by name, so that nobody waits for a run that never comes. Source:
 * crontab(5).
 */

export type Cron = Readonly<{
  /** Ascending. */
  minutes: readonly number[];
  hours: readonly number[];
  /** 1-31, 1-12, 0-6 (Sunday is 0). */
  days: ReadonlySet<number>;
  months: ReadonlySet<number>;
  weekdays: ReadonlySet<number>;
  /** Both day fields are restricted: either is enough. */
  eitherDay: boolean;
  /**
   * The hour is `*`: it goes by the time that has passed, so that an hour which comes twice has its
   * runs twice. Any other names times of the day, each of which is once a day.
   */
  everyHour: boolean;
}>;

export type CronReading =
  | Readonly<{ ok: true; cron: Cron }>
  | Readonly<{ ok: false; message: string; hint: string }>;

type Field = Readonly<{ name: string; from: number; to: number; names: readonly string[] }>;

const monthNames = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const dayNames = 'sun mon tue wed thu fri sat'.split(' ');
const fields: readonly Field[] = [
  { name: 'minute', from: 0, to: 59, names: [] },
  { name: 'hour', from: 0, to: 23, names: [] },
  { name: 'day of the month', from: 1, to: 31, names: [] },
  { name: 'month', from: 1, to: 12, names: monthNames },
  { name: 'day of the week', from: 0, to: 7, names: dayNames },
];

const nicknames: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
/** Longest month by number from 1. */
const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function readCron(text: string): CronReading {
  const written = text.trim().toLowerCase();
  if (written.startsWith('@') && nicknames[written] === undefined) {
    const known = '@hourly, @daily, @weekly, @monthly or @yearly';
    return refuse(`\`${text.trim()}\` is no schedule`, `Write ${known}, or five fields.`);
  }
  const words = (nicknames[written] ?? written).split(/\s+/).filter((word) => word !== '');
  if (words.length !== 5) {
    const seconds = words.length === 6 ? '; seconds are not known here' : '';
    const hint = 'Write minute, hour, day, month and weekday: `30 2 * * *` is half past two.';
    return refuse(`a schedule has five fields, and this has ${words.length}${seconds}`, hint);
  }
  const sets: ReadonlySet<number>[] = [];
  for (const [at, field] of fields.entries()) {
    const set = readField(words[at] ?? '', field);
    if (typeof set === 'string') return refuse(set, hintOf(field));
    sets.push(set);
  }
  return build(words, sets);
}

function build(words: readonly string[], sets: readonly ReadonlySet<number>[]): CronReading {
  const [minutes, hours, days, months, weekdays] = sets.map((set) => [...set]);
  const sorted = (list: readonly number[] | undefined): readonly number[] =>
    (list ?? []).toSorted((a, b) => a - b);
  const dayStar = words[2]?.startsWith('*') === true;
  const weekdayStar = words[4]?.startsWith('*') === true;
  const cron: Cron = {
    minutes: sorted(minutes),
    hours: sorted(hours),
    days: new Set(days),
    months: new Set(months),
    weekdays: new Set((weekdays ?? []).map((day) => day % 7)),
    eitherDay: !dayStar && !weekdayStar,
    everyHour: words[1] === '*',
  };
  const isPossible = [...cron.months].some((month) =>
    [...cron.days].some((day) => day <= (monthDays[month - 1] ?? 0)),
  );
  if (isPossible || cron.eitherDay) return { ok: true, cron };
  return refuse('no month of these has such a day: it would never run', 'Correct the day.');
}

/** The numbers that a field names, or what is wrong with it. */
function readField(word: string, field: Field): ReadonlySet<number> | string {
  const found = new Set<number>();
  for (const part of word.split(',')) {
    const match = /^(\*|[a-z]+|\d+)(?:-([a-z]+|\d+))?(?:\/(\d+))?$/.exec(part);
    const where = `the field ${field.name}, \`${word}\``;
    if (match === null) return `${where} cannot be read`;
    const [, first = '', last, every] = match;
    const step = every === undefined ? 1 : Number(every);
    if (first === '*' && last !== undefined) return `${where} cannot be read`;
    const from = first === '*' ? field.from : numberOf(first, field);
    const open = first === '*' || every !== undefined ? lastOf(field) : from;
    const to = last === undefined ? open : numberOf(last, field);
    if (from === null || to === null || from < field.from || to > field.to)
      return `${where} lies outside ${field.from} to ${field.to}`;
    if (from > to) return `${where} runs backwards`;
    if (step < 1 || step > field.to) return `${where} has a step that it cannot make`;
    for (let value = from; value <= to; value += step) found.add(value);
  }
  return found;
}

/** Sunday is both 0 and 7; `*` shall not count it twice. */
function lastOf({ to, from, names }: Field): number {
  return from === 0 && names.length > 0 ? to - 1 : to;
}

function numberOf(word: string, { names, from }: Field): number | null {
  if (/^\d+$/.test(word)) return Number(word);
  const at = names.indexOf(word);
  return at < 0 ? null : at + from;
}

function hintOf({ name, from, to, names }: Field): string {
  const words = names.length === 0 ? '' : `, or ${names[0]} to ${names.at(-1)}`;
  return `The ${name} is ${from} to ${to}${words}; \`*\`, \`1,15\`, \`1-5\` and \`*/10\` are known.`;
}

function refuse(message: string, hint: string): CronReading {
  return { ok: false, message, hint };
}

/** Does the schedule know this day at all? `weekday` from 0, Sunday. */
export function fitsDay(
  cron: Cron,
  { day, month, weekday }: Readonly<{ day: number; month: number; weekday: number }>,
): boolean {
  if (!cron.months.has(month)) return false;
  const byDay = cron.days.has(day);
  const byWeekday = cron.weekdays.has(weekday);
  return cron.eitherDay ? byDay || byWeekday : byDay && byWeekday;
}
