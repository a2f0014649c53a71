import { readCron } from '@fettle/core/stack/cron';
import { expect, test } from 'vitest';
import { cronOf } from './on-calendar.ts';

test.each([
  ['daily', '@daily'],
  ['weekly', '0 0 * * mon'],
  ['*-*-* 03:00:00', '0 3 * * *'],
  ['*-*-* 04:05', '5 4 * * *'],
  ['Mon..Fri *-*-* 08:30', '30 8 * * mon-fri'],
  ['Sat,Sunday 10:00', '0 10 * * sat,sun'],
  ['*:0/15', '*/15 * * * *'],
  ['*-*-01,15 06:00', '0 6 1,15 * *'],
  ['*-12-24 18:00:00', '0 18 24 12 *'],
])('%s is %s', (calendar, cron) => {
  expect(cronOf(calendar)).toBe(cron);
  expect(readCron(cron).ok).toBe(true);
});

test.each(['2027-01-01 00:00', '*-*-* 00:00:30', 'noon', '*-*-* 08..17:00', ''])(
  '%j has no word in cron',
  (calendar) => expect([null, '0 0 * * *']).toContain(cronOf(calendar)),
);
