/** When a check is probed next. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HealthCheck } from './health-check.ts';
import { openCheckState } from './health-state.ts';
import { phaseOf, probeGapMs } from './probe-schedule.ts';

const check: HealthCheck = {
  name: 'health',
  role: 'both',
  probe: { kind: 'tcp', host: null, port: null },
  intervalMs: 10_000,
  timeoutMs: 2_000,
  downAfter: 3,
  upAfter: 2,
  startPeriodMs: 0,
  startIntervalMs: 1_000,
  required: true,
  attest: true,
};
const pace = { count: 1, settling: false, hastened: false };

test('a starting run is probed often, then less', () => {
  const state = openCheckState(check);
  const gaps = [1, 2, 4, 20].map((count) => probeGapMs('api.1', state, { ...pace, count }));
  expect(gaps[0]).toBeLessThan(100);
  expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
  expect(gaps.at(-1)).toBe(1_000);
});

test('a run that was up keeps its interval, failing or not', () => {
  const state = { ...openCheckState(check), everUp: true, up: false };
  expect(probeGapMs('api.1', state, pace)).toBe(10_000);
});

test('a process expected back is probed at once', () => {
  const state = { ...openCheckState(check), everUp: true, up: false };
  expect(probeGapMs('api.1', state, { ...pace, hastened: true })).toBeLessThanOrEqual(200);
});

test('no gap is longer than the interval', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.record({ settling: fc.boolean(), hastened: fc.boolean(), count: fc.nat(200) }),
      fc.integer({ min: 100, max: 60_000 }),
      (id, anyPace, intervalMs) => {
        const state = openCheckState({ ...check, intervalMs });
        const gap = probeGapMs(id, state, anyPace);
        expect(gap).toBeGreaterThan(0);
        expect(gap).toBeLessThanOrEqual(intervalMs);
      },
    ),
  );
});

test('a hundred checks are spread over the interval', () => {
  const tenths = new Map<number, number>();
  for (let i = 0; i < 100; i += 1) {
    const tenth = Math.floor(phaseOf(`api-${i}.1/health`) * 10);
    tenths.set(tenth, (tenths.get(tenth) ?? 0) + 1);
  }
  expect(tenths.size).toBe(10);
  expect(Math.max(...tenths.values())).toBeLessThan(25);
});
