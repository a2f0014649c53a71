import { expect, test } from 'vitest';
import type { ServiceStatus } from '@fettle/sdk/api/status';
import { service } from './fake-daemon.contract.ts';
import { isSettledBadly, isUp } from './settled.ts';

const nowMs = Date.parse('2026-11-21T12:00:10Z');
const check = (over: Partial<ServiceStatus>, expected: boolean): void =>
  expect(isSettledBadly(service(over), nowMs)).toBe(expected);
const planned = [{ nextStartAt: '2026-11-21T12:00:12Z' }] as unknown as ServiceStatus['instances'];

test('a crash loop is settled', () => check({ state: 'crash-loop' }, true));
test('a first crash that is restarted at once is forgiven', () =>
  check(
    { state: 'failing', since: '2026-11-21T12:00:09Z', restarts: 1, instances: planned },
    false,
  ));
test('failing for a while is settled', () =>
  check({ state: 'failing', since: '2026-11-21T12:00:05Z', instances: planned }, true));
test('failing with nothing planned is settled at once', () =>
  check({ state: 'failing', since: '2026-11-21T12:00:10Z', pid: null }, true));
test('affected is settled once it has lasted', () => {
  check({ state: 'affected', since: '2026-11-21T12:00:09.900Z' }, false);
  check({ state: 'affected', since: '2026-11-21T12:00:01Z' }, true);
});
test('starting and healing are on their way', () => {
  check({ state: 'starting', since: '2026-11-21T11:00:00Z' }, false);
  check({ state: 'healing', since: '2026-11-21T11:00:00Z' }, false);
});
test('ok, degraded, done and stopped count as up', () => {
  for (const state of ['ok', 'degraded', 'done', 'stopped'] as const)
    expect(isUp(service({ state }))).toBe(true);
  expect(isUp(service({ state: 'starting' }))).toBe(false);
});
