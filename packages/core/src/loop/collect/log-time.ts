/**
 * Reads the time that stands in a log line: at its head in text, or as a value in JSON.
 *
 * A time without a zone is the machine's own (Python's `logging`, Go's `log`); the caller says
 * what offset that is, since this code knows no clock. Formats: RFC 3339 and its relatives, Go,
 * Common Log Format, syslog (RFC 3164, which has no year), glog, and epoch numbers from s to ns.
 */

/** `zoneOffsetMs`: local minus UTC. `nearMs`: a time near which a date without a year belongs. */
export type TimeContext = Readonly<{ zoneOffsetMs: number; nearMs: number }>;

export type HeadTime = Readonly<{ atMs: number; length: number }>;

const ISO =
  /^[[(<"']{0,2}(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|UTC|[+-]\d\d:?\d\d)?[\])>"']{0,2}/;
const COMMON = /^.{0,80}?\[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})\]/;
const SYSLOG = /^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?/;
const GLOG = /^[IWEFD](\d\d)(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{1,9})/;
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';
/** `ERROR 2026-…` and `INFO: [2026-…`: a level may stand before the time. */
const LEVEL_FIRST = /^\[?[A-Za-z]{3,9}\]?[:,]?\s{1,8}\[?(?=\d{4}[-/]\d\d)/;

/** Time at the head of a text line, and how many characters it takes; null: there is none. */
export function headTime(line: string, context: TimeContext): HeadTime | null {
  const first = line.charCodeAt(0);
  if (first >= 0x30 && first <= 0x39) return isoTime(line, 0, context) ?? commonTime(line, context);
  const iso = isoTime(line, 0, context);
  if (iso !== null) return iso;
  const level = LEVEL_FIRST.exec(line);
  if (level !== null) {
    const later = isoTime(line.slice(level[0].length), 0, context);
    if (later !== null) return { atMs: later.atMs, length: 0 };
  }
  return glogTime(line, context) ?? syslogTime(line, context);
}

function isoTime(line: string, from: number, { zoneOffsetMs }: TimeContext): HeadTime | null {
  const found = ISO.exec(from === 0 ? line : line.slice(from));
  if (found === null) return null;
  const [all, year, month, day, hour, minute, second, fraction, zone] = found;
  const atMs = utc([year, month, day, hour, minute, second], fraction);
  if (atMs === null) return null;
  return { atMs: atMs - zoneOf(zone, zoneOffsetMs), length: all.length };
}

function commonTime(line: string, { zoneOffsetMs }: TimeContext): HeadTime | null {
  const found = COMMON.exec(line);
  if (found === null) return null;
  const [, day, name, year, hour, minute, second, zone] = found;
  const atMs = utc([year, monthOf(name), day, hour, minute, second], undefined);
  return atMs === null ? null : { atMs: atMs - zoneOf(zone, zoneOffsetMs), length: 0 };
}

function syslogTime(line: string, context: TimeContext): HeadTime | null {
  const found = SYSLOG.exec(line);
  if (found === null || monthOf(found[1]) === undefined) return null;
  const [all, name, day, hour, minute, second, fraction] = found;
  return inYear([monthOf(name), day, hour, minute, second], fraction, context, all.length);
}

function glogTime(line: string, context: TimeContext): HeadTime | null {
  const found = GLOG.exec(line);
  if (found === null) return null;
  const [, month, day, hour, minute, second, fraction] = found;
  return inYear([month, day, hour, minute, second], fraction, context, 0);
}

/** Completes a date without a year by the one that brings it nearest. */
function inYear(
  parts: readonly (string | undefined)[],
  fraction: string | undefined,
  context: TimeContext,
  length: number,
): HeadTime | null {
  const near = Math.floor(1970 + context.nearMs / 31_556_952_000);
  let best: number | null = null;
  for (const year of [near - 1, near, near + 1]) {
    const local = utc([String(year), ...parts], fraction);
    if (local === null) continue;
    const atMs = local - context.zoneOffsetMs;
    if (best === null || Math.abs(atMs - context.nearMs) < Math.abs(best - context.nearMs))
      best = atMs;
  }
  return best === null ? null : { atMs: best, length };
}

function monthOf(name: string | undefined): string | undefined {
  const at = name === undefined ? -1 : MONTHS.indexOf(name);
  return at < 0 || at % 3 !== 0 ? undefined : String(at / 3 + 1);
}

function utc(parts: readonly (string | undefined)[], fraction: string | undefined): number | null {
  const year = Number(parts[0]);
  const month = Number(parts[1]);
  const day = Number(parts[2]);
  const hour = Number(parts[3]);
  const minute = Number(parts[4]);
  const second = Number(parts[5]);
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31)) return null;
  if (hour > 24 || minute > 59 || second > 60) return null;
  const ms = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000);
  return Date.UTC(year, month - 1, day, hour, minute, second, ms);
}

function zoneOf(zone: string | undefined, localMs: number): number {
  if (zone === undefined) return localMs;
  if (zone === 'Z' || zone === 'UTC') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) * 60_000;
}

/** Time of a JSON value: text as above, or an epoch number in s, ms, us or ns. */
export function valueTime(value: unknown, context: TimeContext): number | null {
  if (typeof value === 'string') {
    if (/^\d{9,19}(\.\d+)?$/.test(value)) return epochTime(Number(value));
    return isoTime(value, 0, context)?.atMs ?? null;
  }
  return typeof value === 'number' ? epochTime(value) : null;
}

function epochTime(value: number): number | null {
  if (!(value > 1e8)) return null;
  if (value < 1e11) return Math.floor(value * 1000);
  if (value < 1e14) return Math.floor(value);
  return Math.floor(value < 1e17 ? value / 1e3 : value / 1e6);
}
