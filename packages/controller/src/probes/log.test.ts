/** Log probes hear lines. */
import { expect, test } from 'vitest';
import { openProbe } from './all.ts';
import { place } from './probe.contract.ts';

const open = (failing: string | null = null) => {
  let woken = 0;
  const probe = openProbe({ kind: 'log', ready: 'listening on \\d+', failing }, place, () => {
    woken += 1;
  });
  return { probe, woken: () => woken };
};
test('is down before the line and up after it', async () => {
  const { probe, woken } = open();
  expect(await probe.run(10)).toMatchObject({ ok: false, answer: 'absent' });
  probe.lines?.(['booting', 'listening on 8000']);
  expect(await probe.run(10)).toMatchObject({ ok: true, detail: 'log says listening on 8000' });
  expect(woken()).toBe(1);
});
test('the last line to match decides', async () => {
  const { probe } = open('/lost the (queue|database)/');
  probe.lines?.(['listening on 1', 'lost the queue', 'other']);
  expect(await probe.run(10)).toMatchObject({ ok: false, answer: 'answered' });
  probe.lines?.(['listening on 1']);
  expect(await probe.run(10)).toMatchObject({ ok: true });
});
