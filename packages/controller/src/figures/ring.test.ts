/** Fixed-step rings: gaps stay gaps, old slots are taken over, levels roll up. */
import { expect, test } from 'vitest';
import { createRing, levels } from './ring.ts';

const point = (memoryBytes: number | null) => ({
  cpuRatio: 0.5,
  memoryBytes,
  openFiles: null,
  threads: 4,
});
const baseMs = 1_700_000_000_000 - (1_700_000_000_000 % 600_000);

test('points stand at their step, gaps are null', () => {
  const ring = createRing();
  ring.add(baseMs, point(10));
  ring.add(baseMs + 10_000, point(30));
  const { stepMs, startMs, values } = ring.read(baseMs, baseMs + 14_999);
  expect({ stepMs, startMs }).toEqual({ stepMs: 5_000, startMs: baseMs });
  expect(values.memoryBytes).toEqual([10, null, 30]);
  expect(values.openFiles).toEqual([null, null, null]);
});

test('points of one step are averaged, unknown ones left out', () => {
  const ring = createRing();
  for (const value of [10, 20, null]) ring.add(baseMs, point(value));
  expect(ring.read(baseMs, baseMs).values.memoryBytes).toEqual([15]);
});

test('a longer look back reads a coarser level', () => {
  const ring = createRing();
  for (let i = 0; i < 120; i += 1) ring.add(baseMs + i * 5_000, point(i));
  const nowMs = baseMs + 600_000;
  const steps = [600_000, 3_000_000, 20_000_000, 600_000_000, 9e12].map(
    (agoMs) => ring.read(nowMs - agoMs, nowMs).stepMs,
  );
  expect(steps).toEqual([5_000, 10_000, 60_000, 600_000, 600_000]);
  const minute = ring.read(nowMs - 20_000_000, nowMs).values.memoryBytes;
  expect(minute.filter((value) => value !== null).slice(0, 2)).toEqual([5.5, 17.5]);
});

test('what is older than the ring is gone, and nothing grows', () => {
  const ring = createRing();
  const [finest] = levels;
  const spanMs = (finest?.slots ?? 0) * (finest?.stepMs ?? 0);
  ring.add(baseMs, point(1));
  ring.add(baseMs + spanMs, point(2));
  const { values } = ring.read(baseMs + 5_000, baseMs + spanMs);
  expect(values.memoryBytes).toHaveLength(finest?.slots ?? 0);
  expect(values.memoryBytes.filter((value) => value !== null)).toEqual([2]);
});
