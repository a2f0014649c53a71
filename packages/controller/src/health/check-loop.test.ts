/** One probe at a time, a bound on all of them, and our own pauses. */
import { expect, test } from 'vitest';
import type { OpenProbe, Seen } from '../probes/probe.ts';
import { runCheckLoop } from './check-loop.ts';
import { watchPauses, type Pause } from './pause-watch.ts';
import { probeSlots } from './probe-slots.ts';

const good: Seen = { ok: true, detail: 'fine', answer: 'answered' };
const attest = (seen: Seen, durationMs: number) => ({ ...seen, durationMs, attested: null });

/** A probe that ends when told, and counts how many are in flight. */
function slowProbe(flight: { now: number; most: number }) {
  const ends: (() => void)[] = [];
  const probe: OpenProbe = {
    run() {
      flight.now += 1;
      flight.most = Math.max(flight.most, flight.now);
      return new Promise((resolve) => {
        ends.push(() => {
          flight.now -= 1;
          resolve(good);
        });
      });
    },
    close() {},
  };
  return { probe, ends };
}

test('no more than the slots are in flight, and each gets its turn', async () => {
  const flight = { now: 0, most: 0 };
  const slots = probeSlots(2);
  const done = new Set<number>();
  const loops = Array.from({ length: 6 }, (_, i) => {
    const { probe, ends } = slowProbe(flight);
    const timer = setInterval(() => ends.shift()?.(), 5);
    const loop = runCheckLoop({
      probe,
      timeoutMs: 1_000,
      slots,
      firstInMs: 0,
      attest,
      onFinding: () => {
        done.add(i);
        return 1_000;
      },
    });
    return () => {
      loop.stop();
      clearInterval(timer);
    };
  });
  await expect.poll(() => done.size, { timeout: 3_000 }).toBe(6);
  expect(flight.most).toBe(2);
  expect(slots.waiting()).toBe(0);
  for (const stop of loops) stop();
});

test('a wake during a probe runs one more right after it, never two at once', async () => {
  const flight = { now: 0, most: 0 };
  const { probe, ends } = slowProbe(flight);
  let findings = 0;
  const loop = runCheckLoop({
    probe,
    timeoutMs: 1_000,
    slots: probeSlots(4),
    firstInMs: 0,
    attest,
    onFinding: () => {
      findings += 1;
      return 60_000;
    },
  });
  await expect.poll(() => ends.length).toBe(1);
  loop.wake();
  loop.wake();
  ends.shift()?.();
  await expect.poll(() => ends.length).toBe(1);
  ends.shift()?.();
  await expect.poll(() => findings).toBe(2);
  expect(flight.most).toBe(1);
  loop.stop();
  loop.wake();
});

test('a probe that throws is a finding, not the end of the loop', async () => {
  const details: string[] = [];
  const loop = runCheckLoop({
    probe: { run: () => Promise.reject(new RangeError('odd')), close() {} },
    timeoutMs: 10,
    slots: probeSlots(1),
    firstInMs: 0,
    attest,
    onFinding: ({ detail }) => {
      details.push(detail);
      return 1;
    },
  });
  await expect.poll(() => details.length).toBeGreaterThan(2);
  expect(details[0]).toBe('probe failed: odd');
  loop.stop();
});

test('a pause of ours is noticed at the next look', () => {
  const pauses: Pause[] = [];
  const watch = watchPauses((pause) => pauses.push(pause));
  watch.look();
  expect(pauses).toEqual([]);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_400);
  watch.look();
  watch.look();
  expect(pauses).toHaveLength(1);
  expect((pauses[0]?.toMs ?? 0) - (pauses[0]?.fromMs ?? 0)).toBeGreaterThan(1_300);
  watch.stop();
});
