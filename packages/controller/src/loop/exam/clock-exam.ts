/**
 * Does the wall clock agree with the monotonic one, and with the times in the service's log?
 *
 * A log line is written about when its file was last changed; a structured time that lies far from
 * that is another clock's. Differences of whole quarter hours are time zones, not clocks.
 */
import { statSync } from 'node:fs';
import { parseLogLine } from '@fettle/core/loop/collect/log-line';
import type { ExamContext } from './exam-context.ts';

/** Below this it agrees: buffering and sampling take their time. */
const noticeableMs = 5_000;
const quarterHourMs = 900_000;
const zoneSlackMs = 3_000;

/** Whichever is further off, ms; positive: ahead. */
export function examineClock({ deps, lines, views }: ExamContext): number {
  const wallMs = Date.now();
  const jumpedMs = Math.round(wallMs - deps.nowMs());
  const spool = views.find(({ token, spool }) => token !== null && spool !== null)?.spool ?? null;
  const loggedMs = spool === null ? 0 : logSkew(lines, spool, wallMs);
  const worst = Math.abs(loggedMs) > Math.abs(jumpedMs) ? loggedMs : jumpedMs;
  return Math.abs(worst) < noticeableMs ? 0 : worst;
}

function logSkew(lines: readonly string[], spool: string, wallMs: number): number {
  const zoneOffsetMs = -new Date(wallMs).getTimezoneOffset() * 60_000;
  const writtenMs = statSync(spool, { throwIfNoEntry: false })?.mtimeMs ?? wallMs;
  for (const line of lines.slice(-5).toReversed()) {
    const { atMs } = parseLogLine(line, null, { zoneOffsetMs, nearMs: writtenMs });
    if (atMs === null) continue;
    const skewMs = Math.round(atMs - writtenMs);
    const zoneMs = Math.abs(skewMs) % quarterHourMs;
    const isZone = Math.min(zoneMs, quarterHourMs - zoneMs) < zoneSlackMs;
    return isZone ? 0 : skewMs;
  }
  return 0;
}
