import { expect, test } from 'vitest';
import { decideExit, decideWait, type RestartRules } from './restart-policy.ts';
import { exitWith, serviceOf, UNKNOWN_EXIT } from './stage.ts';
import type { RunExit } from './run.ts';

const intensity = { count: 3, periodMs: 10_000, backoff: { baseMs: 100, maxMs: 1_000 } };
const after = (rules: Partial<RestartRules>, exit: RunExit) =>
  decideExit(serviceOf('x', rules), exit).kind;
const wait = (restartsMs: number[], crashLoop = false) =>
  decideWait(intensity, { restartsMs, crashLoop }, 20_000, 0);

test('a service that always runs is restarted whatever its code', () => {
  expect(decideExit(serviceOf('x'), exitWith(0))).toEqual({
    kind: 'restart',
    reason: 'unexpected-exit',
  });
  expect(decideExit(serviceOf('x'), exitWith(1))).toEqual({ kind: 'restart', reason: 'crash' });
});
test('on-failure keeps a clean exit down and restarts the rest', () => {
  expect(after({ restart: 'on-failure' }, exitWith(0))).toBe('done');
  expect(after({ restart: 'on-failure' }, exitWith(2))).toBe('restart');
  expect(after({ restart: 'on-failure' }, UNKNOWN_EXIT)).toBe('restart');
});
test('restart no is never restarted', () => {
  expect(after({ restart: 'no' }, exitWith(1))).toBe('failed');
  expect(after({ restart: 'no' }, exitWith(0))).toBe('done');
});
test('a job is done after success and failed after failure, unless it may be retried', () => {
  expect(after({ oneShot: true, restart: 'always' }, exitWith(0))).toBe('done');
  expect(after({ oneShot: true, restart: 'always' }, exitWith(1))).toBe('failed');
  expect(after({ oneShot: true, restart: 'on-failure' }, exitWith(1))).toBe('restart');
});
test('a job whose end nobody knows goes to a person unless running it twice is safe', () => {
  expect(after({ oneShot: true, restart: 'on-failure' }, UNKNOWN_EXIT)).toBe('failed');
  expect(after({ oneShot: true, rerun: 'safe' }, UNKNOWN_EXIT)).toBe('restart');
});
test('the first restart is immediate', () =>
  expect(wait([9_999])).toEqual({ delayMs: 0, crashLoop: false }));
test('further ones wait exponentially longer', () => {
  expect(wait([15_000])).toEqual({ delayMs: 100, crashLoop: false });
  expect(wait([14_000, 15_000])).toEqual({ delayMs: 200, crashLoop: false });
});
test('more than the intensity is a crash loop at the cap', () =>
  expect(wait([13_000, 14_000, 15_000])).toEqual({ delayMs: 1_000, crashLoop: true }));
test('a crash loop stays one although its restarts became rare', () =>
  expect(wait([], true)).toEqual({ delayMs: 1_000, crashLoop: true }));
test('jitter is full: the wait lies anywhere up to the ceiling', () => {
  const low = decideWait(intensity, { restartsMs: [], crashLoop: true }, 0, 0.9999);
  expect(low.delayMs).toBe(1);
});
