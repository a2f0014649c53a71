/**
 * How far the clocks of a time zone are from UTC at a moment. A function of its arguments and of
 * the zone table that the runtime ships (ICU): no clock is read. Source: IANA time zone database.
 */

const formats = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError for a name that is none; ask `isZone` first. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, format);
  }
  return format;
}

export function isZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    // The table has no such name.
    return false;
  }
}

/** Milliseconds to add to UTC. */
export function zoneOffsetMs(zone: string, utcMs: number): number {
  if (zone === 'UTC') return 0;
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(utcMs)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  return local - Math.floor(utcMs / 1_000) * 1_000;
}
