/** `fettle schedule` in words. */
import type { ScheduleStatus, State } from '@fettle/sdk/api/status';
import { formatSince } from '../terminal/amount.ts';
import type { Look } from '../terminal/look.ts';
import { paint, stateGlyph, toneOf } from '../terminal/paint.ts';
import { renderTable } from '../terminal/table.ts';

export type ScheduleRow = ScheduleStatus & Readonly<{ service: string; state: State }>;

export function renderSchedules(rows: readonly ScheduleRow[], look: Look, nowMs: number): string {
  if (rows.length === 0)
    return 'No service is run by the clock: give one a `schedule`, as in schedule: @daily.\n';
  return renderTable(
    [
      { title: 'SERVICE', minColumns: 12 },
      { title: 'STATE' },
      { title: 'SCHEDULE', minColumns: 9 },
      { title: 'ZONE', drop: 2 },
      { title: 'NEXT' },
      { title: 'LAST', drop: 1 },
      { title: 'RESULT' },
      { title: 'NOTE', minColumns: 10 },
    ],
    rows.map((row) => [
      `${stateGlyph(look, row.state)} ${row.service}`,
      paint(look, toneOf(row.state), row.state),
      row.cron,
      row.timezone,
      row.nextAt === null ? '–' : aheadText(row.nextAt, look, nowMs),
      row.lastBeganAt === null ? 'never' : agoText(row.lastBeganAt, look, nowMs),
      row.lastEnd?.text ?? '–',
      noteOf(row),
    ]),
    look,
  );
}

function agoText(at: string, look: Look, nowMs: number): string {
  return look.tty ? `${formatSince(at, look, nowMs)} ago` : at;
}

/** As `formatSince`, with the two times in each other's place. */
function aheadText(at: string, look: Look, nowMs: number): string {
  if (!look.tty) return at;
  return `in ${formatSince(new Date(nowMs).toISOString(), look, Date.parse(at))}`;
}

function noteOf({ alarm, missed, skipped }: ScheduleRow): string {
  const counts = [missed > 0 ? `${missed} missed` : '', skipped > 0 ? `${skipped} skipped` : ''];
  return [alarm ?? '', ...counts].filter((text) => text !== '').join('; ');
}

/** In the clocks of the schedule, with what they are off UTC. */
export function renderTimes(times: readonly number[], timezone: string): string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'longOffset',
  });
  const lines = times.map((ms) => {
    const part = Object.fromEntries(format.formatToParts(ms).map((one) => [one.type, one.value]));
    const day = `${part['year']}-${part['month']}-${part['day']}`;
    return `${day} ${part['hour']}:${part['minute']} ${part['timeZoneName']} ${timezone}`;
  });
  return lines.length === 0 ? 'Never.\n' : `${lines.join('\n')}\n`;
}
