/**
 * Keys of a service's `schedule`: when it is run, and what about runs that were missed or overlap.
 */
import { readCron } from '@fettle/core/stack/cron';
import { isZone } from '@fettle/core/stack/zone';
import { mapping } from '../shape/mapping.ts';
import { duration, parsed, refuse, words } from '../shape/scalars.ts';
import { key, lastOf, mapped, oneOf, refuseType, type Shape } from '../shape/shape.ts';

const cronWanted = 'five fields such as `30 2 * * *`, or @daily';
const cron: Shape<string> = {
  wanted: cronWanted,
  fits: (node) => node.kind === 'scalar' && node.value !== null,
  read: (node, path, sink) => {
    if (node.kind !== 'scalar' || node.value === null)
      return refuseType(node, { path, sink, wanted: cronWanted });
    const written = node.text.trim();
    const reading = readCron(written);
    if (reading.ok) return written;
    const message = `\`${lastOf(path)}\`: ${reading.message}`;
    return refuse(node, path, sink, { code: 'E-CONFIG-SCHEDULE', message, hint: reading.hint });
  },
  json: { type: 'string', description: 'Five fields of cron, or @hourly, @daily, @weekly, …' },
};

export const scheduleKeys = {
  cron: key(cron, 'fettle', 'Minute, hour, day, month and weekday; or @hourly, @daily and so on.'),
  timezone: key(
    parsed(
      {
        wanted: 'the name of a time zone such as Europe/Berlin or UTC',
        code: 'E-CONFIG-SCHEDULE',
        json: { type: 'string' },
      },
      (written) => (isZone(written) ? written : null),
    ),
    'fettle',
    'Whose clocks count; those of this machine unless told.',
  ),
  missed: key(
    words(['skip', 'once', 'all'] as const),
    'fettle',
    'Runs missed while nobody was there: `once` (the newest is made up for) unless told.',
  ),
  overlap: key(
    words(['skip', 'queue', 'replace'] as const),
    'fettle',
    'A run is due and the last is not over: `skip` it unless told, `queue` one, `replace` the old.',
  ),
  jitter: key(
    duration(),
    'fettle',
    'Runs begin up to so much later, spread by name; 0s unless told.',
  ),
  grace: key(
    duration(),
    'fettle',
    'A run that has not begun so long after its time is an alarm; 10m unless told.',
  ),
  max_runtime: key(
    duration({ positive: true }),
    'fettle',
    'A run that takes longer is an alarm; never unless told.',
  ),
} as const;

const scheduleObject = mapping(scheduleKeys, {
  wanted: 'a mapping with `cron`',
  required: ['cron'],
});
export type ScheduleFields = NonNullable<ReturnType<typeof scheduleObject.read>>;

export const scheduleShape = oneOf<ScheduleFields>(`${cronWanted}, or a mapping with \`cron\``, [
  scheduleObject,
  mapped(cron, (value, node): ScheduleFields => ({ cron: { value, node } })),
]);
