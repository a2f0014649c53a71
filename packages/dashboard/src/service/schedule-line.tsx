/** When a job of the clock runs next, and how its last run went. */
import type { ScheduleStatus } from '@fettle/sdk/api/status';
import { ago, ahead } from '../format.ts';
import { nowMs } from '../live.ts';

export function ScheduleLine({ schedule }: { schedule: ScheduleStatus }) {
  const { cron, timezone, nextAt, lastBeganAt, lastEnd, missed, skipped } = schedule;
  const parts = [
    nextAt === null ? 'its clock is stopped' : `next run in ${ahead(nextAt, nowMs.value)}`,
    lastBeganAt === null ? 'never run' : `last run ${ago(lastBeganAt, nowMs.value)} ago`,
    lastEnd === null ? null : lastEnd.text,
    missed === 0 ? null : `${missed} missed`,
    skipped === 0 ? null : `${skipped} skipped`,
  ];
  return (
    <p class="faint" title={nextAt ?? undefined}>
      <code>{cron}</code> {timezone} · {parts.filter((part) => part !== null).join(' · ')}
    </p>
  );
}
