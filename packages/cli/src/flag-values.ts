/** Values of flags that are more than words. */
import { parseDuration } from '@fettle/sdk/duration';
import { usageError } from './session.ts';

/** null: the flag was not given. */
export function durationFlag(value: unknown, flag: string): number | null {
  if (value === undefined) return null;
  const ms = parseDuration(String(value));
  if (ms !== null) return ms;
  throw usageError(
    `${flag} ${String(value)} is no duration`,
    `as in ${flag} 500ms, 10s, 1m30s, 2h`,
  );
}

/** RFC 3339 from a moment (`2026-11-21T12:00:00Z`, `12:04`, today) or a duration back from now. */
export function momentFlag(value: unknown, flag: string, nowMs: number): string | undefined {
  if (value === undefined) return undefined;
  const text = String(value);
  const backMs = parseDuration(text);
  if (backMs !== null) return new Date(nowMs - backMs).toISOString();
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (clock !== null) {
    const moment = new Date(nowMs);
    moment.setHours(Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0), 0);
    return moment.toISOString();
  }
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  throw usageError(`${flag} ${text} is no time`, `as in ${flag} 10m, 12:04, 2026-11-21T12:00:00Z`);
}

export function countFlag(value: unknown, flag: string): number | undefined {
  if (value === undefined) return undefined;
  const count = Number(value);
  if (Number.isInteger(count) && count >= 0) return count;
  throw usageError(`${flag} ${String(value)} is no whole number`, `as in ${flag} 100`);
}

/** Of `-w`, `-w=2s`; null: not asked for. */
export function watchInterval(option: unknown): number | null {
  if (option === undefined || option === false) return null;
  if (option === true) return 2_000;
  // `-w=2s` is how it is documented; a short flag hands its `=` over.
  const everyMs = parseDuration(String(option).replace(/^=/, ''));
  if (everyMs !== null && everyMs >= 100) return everyMs;
  throw usageError(`--watch ${String(option)} is no interval`, 'from 100ms: --watch=2s');
}
