/** Parts of a service's status that few services have, as zod schemas. */
import { z } from 'zod';
import type * as Status from '@fettle/sdk/api/status';

const time = z.string().meta({ format: 'date-time' });
const count = z.int().min(0);
const text = z.string();

export const rollingSchema = z.object({
  phase: z.enum(['under-way', 'stopped']),
  reason: text,
  done: count,
  of: count,
  why: text.nullable(),
  since: time,
}) satisfies z.ZodType<Status.RollingStatus>;

/** `exit`: the schema of an end, which other documents share. */
export function scheduleSchema(exit: z.ZodType<Status.ExitStatus>) {
  return z.object({
    cron: text,
    timezone: text,
    nextAt: time.nullable(),
    lastDueAt: time.nullable(),
    lastBeganAt: time.nullable(),
    lastEnd: exit.nullable(),
    missed: count,
    skipped: count,
    alarm: text.nullable(),
  }) satisfies z.ZodType<Status.ScheduleStatus>;
}
