/** Heartbeat probes are called, not calling. */
import { expect, test } from 'vitest';
import { openProbe } from './all.ts';
import { place } from './probe.contract.ts';
import type { OpenProbe } from './probe.ts';

const open = (everyMs = 60_000): OpenProbe =>
  openProbe({ kind: 'heartbeat', id: 'nightly', everyMs, graceMs: 0 }, place, () => {});
const after = async (...pings: Parameters<NonNullable<OpenProbe['ping']>>[0][]) => {
  const probe = open();
  for (const ping of pings) probe.ping?.(ping, 'disk full\n');
  return probe.run(10);
};
test('no ping yet is absence', async () =>
  expect(await after()).toMatchObject({ answer: 'absent' }));
test('a ping is up', async () => expect(await after('ok')).toMatchObject({ ok: true }));
test('exit 0 is up', async () => expect(await after(0)).toMatchObject({ ok: true }));
test('another exit is down', async () =>
  expect(await after(3)).toMatchObject({ ok: false, detail: 'reported exit 3: disk full' }));
test('a failure is down until a success', async () => {
  expect(await after('ok', 'fail')).toMatchObject({ ok: false, answer: 'answered' });
  expect(await after('fail', 'start')).toMatchObject({ ok: false });
  expect(await after('fail', 'start', 'ok')).toMatchObject({ ok: true });
});
test('a log entry is no sign of life', async () =>
  expect(await after('log')).toMatchObject({ answer: 'absent' }));
test('overdue is silence', async () => {
  const probe = open(20);
  probe.ping?.('ok', '');
  await expect
    .poll(async () => (await probe.run(10)).answer, { timeout: 2_000, interval: 10 })
    .toBe('silent');
});
