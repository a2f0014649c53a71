/**
 * Schedules through the real daemon and CLI: what is due, run by hand, alarms, and across daemons.
 */
import { eventually, tempStack, type TempStack } from '@fettle/cli/temp-stack.contract';
import { afterAll, beforeAll, expect, test } from 'vitest';

const config = (minutes: string): string => `name: clock
services:
  minutely: {command: sh -c 'echo it runs', schedule: '${minutes} * * * *'}
  nightly:
    command: sh -c 'echo it runs; exit 3'
    schedule: {cron: 30 2 * * *, timezone: Europe/Berlin, missed: skip, overlap: queue}
  slow: {command: sleep 1000, schedule: {cron: '@yearly', max_runtime: 1s}}
`;

let stack: TempStack;
beforeAll(async () => {
  stack = tempStack({ 'fettle.yaml': config('*') });
  await stack.fettle('up', '-d');
});
afterAll(async () => {
  expect(await stack.remove()).toEqual([]);
});

type Listed = Readonly<{ schedules: readonly Readonly<Record<string, unknown>>[] }>;
const listed = async (name: string): Promise<Readonly<Record<string, unknown>>> => {
  const { schedules } = JSON.parse((await stack.fettle('schedule', '--json')).stdout) as Listed;
  return schedules.find(({ service }) => service === name) ?? {};
};

test('nothing runs at `up`; the list says what is due when', async () => {
  const nightly = await listed('nightly');
  expect(nightly).toMatchObject({ state: 'done', timezone: 'Europe/Berlin', lastBeganAt: null });
  expect(new Date(String(nightly['nextAt'])).getUTCMinutes()).toBe(30);
  const text = (await stack.fettle('schedule')).stdout;
  expect(text).toMatch(/nightly +done +30 2 \* \* \* +Europe\/Berlin/);
  const next = await stack.fettle('schedule', 'next', 'nightly', '-n', '2');
  expect(next.stdout).toMatch(/^(\d{4}-\d\d-\d\d 0[23]:[03]0 GMT\+0[12]:00 Europe\/Berlin\n){2}$/);
});

test('by hand: a failed run shows, a long one is an alarm', async () => {
  await stack.fettle('schedule', 'run', 'nightly', '--wait-timeout', '5s');
  const failed = await eventually(
    () => listed('nightly'),
    ({ state }) => state === 'failing',
  );
  expect(failed['lastEnd']).toMatchObject({ code: 3 });
  await stack.fettle('schedule', 'run', 'slow', '--no-wait');
  const slow = await eventually(
    () => stack.service('slow'),
    ({ state }) => state === 'degraded',
    45_000,
  );
  expect(slow.why).toBe('its run takes longer than 1.0s');
  expect((await stack.fettle('timeline', 'slow')).stdout).toContain('takes longer than 1.0s');
});

test('by the clock, and told so', async () => {
  const ran = await eventually(
    () => listed('minutely'),
    ({ lastEnd }) => lastEnd !== null,
    75_000,
  );
  expect(ran).toMatchObject({ state: 'done', missed: 0, lastEnd: { code: 0 } });
  expect(String(ran['lastDueAt'])).toMatch(/:00\.000Z$/);
  expect((await stack.fettle('timeline', 'minutely')).stdout).toContain('its schedule');
  expect((await stack.fettle('logs', 'minutely')).stdout).toContain('it runs');
});

test('what is no schedule is refused with its place', async () => {
  stack.write('fettle.yaml', config('61'));
  const { code, stderr } = await stack.fettle('config', 'validate');
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /E-CONFIG-SCHEDULE\].*minute, `61` lies outside 0 to 59\s.*fettle\.yaml:3:55/s,
  );
});
