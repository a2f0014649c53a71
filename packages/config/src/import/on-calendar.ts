/**
 * systemd's `OnCalendar=` as five fields of cron, where cron can say the same.
 *
 * Source: systemd.time(7), "Calendar Events".
 */
const words: Readonly<Record<string, string>> = {
  minutely: '* * * * *',
  hourly: '@hourly',
  daily: '@daily',
  midnight: '@daily',
  weekly: '0 0 * * mon',
  monthly: '@monthly',
  yearly: '@yearly',
  annually: '@yearly',
};
const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** null: seconds, years, several clocks: cron has no word for it. */
export function cronOf(calendar: string): string | null {
  const text = calendar.trim().toLowerCase();
  if (words[text] !== undefined) return words[text];
  const parts = text.split(/\s+/);
  const week = /^[a-z]/.test(parts[0] ?? '') ? parts.shift() : undefined;
  const date = parts[0]?.includes('-') === true ? parts.shift() : '*-*-*';
  const time = parts.shift() ?? '00:00';
  const weekday = week === undefined ? '*' : weekdayOf(week);
  const [, month, day] = /^\*-(\*|[\d,]+)-(\*|[\d,]+)$/.exec(date ?? '') ?? [];
  const clock = /^([\d*,/]+):([\d*,/]+)(?::0?0)?$/.exec(time);
  const [hour, minute] = [fieldOf(clock?.[1]), fieldOf(clock?.[2])];
  if (parts.length > 0 || weekday === null || month === undefined) return null;
  if (day === undefined || hour === null || minute === null) return null;
  return [minute, hour, plain(day), plain(month), weekday].join(' ');
}

/** `0/15` begins at 0 and goes on every 15. */
function fieldOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  const step = /^(?:\*|0+)\/(\d+)$/.exec(text)?.[1];
  if (step !== undefined) return `*/${Number(step)}`;
  return text.includes('/') ? null : plain(text);
}

const plain = (text: string): string => text.replaceAll(/\d+/g, (number) => String(Number(number)));

/** `Mon..Fri`, `Sat,Sun`, also in full. */
function weekdayOf(text: string): string | null {
  const parts = text.split(',').map((part) => {
    const ends = part.split('..').map((name) => days.find((day) => name.startsWith(day)) ?? '');
    return ends.includes('') ? '' : ends.join('-');
  });
  return parts.includes('') ? null : parts.join(',');
}
