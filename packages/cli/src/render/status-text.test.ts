import { expect, test } from 'vitest';
import type { ServiceStatus, StatusDocument } from '@fettle/sdk/api/status';
import type { Look } from '../terminal/look.ts';
import { widthOf } from '../terminal/width.ts';
import { renderStatus } from './status-text.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const service = (over: Partial<ServiceStatus>): ServiceStatus => ({
  name: 'db',
  state: 'ok',
  pid: 811,
  port: 5432,
  restarts: 0,
  since: '2026-11-21T10:00:00Z',
  why: null,
  required: true,
  external: false,
  dependsOn: [],
  dependants: [],
  memoryBytes: 402 * 1_048_576,
  cpuRatio: 0.004,
  lastChecks: [],
  configNewerThanProcess: false,
  labels: {},
  instances: [],
  ...over,
});
const why = 'cannot reach 127.0.0.1:5432 (ECONNREFUSED): nothing listens there';
const failing = service({
  name: 'api',
  state: 'crash-loop',
  pid: null,
  port: 8001,
  restarts: 6,
  since: '2026-11-21T11:54:00Z',
  why,
  memoryBytes: null,
  cpuRatio: null,
});
const document = (services: readonly ServiceStatus[]): StatusDocument => ({
  schema: 'fettle.status/v1',
  stack: 'shop',
  dir: '/srv/shop',
  summary: '1 crash-loop, 1 ok',
  health: 'unhealthy',
  services,
  configChanged: null,
  daemon: {
    supervisorPid: 1,
    controllerPid: 2,
    supervisorConnected: true,
    version: '0.1.0',
    url: 'http://127.0.0.1:7700',
  },
  at: '2026-11-21T12:00:00Z',
});
const terminal: Look = { columns: 120, color: false, unicode: true, tty: true };
const check = (look: Look, expected: string): void =>
  expect(renderStatus(document([service({}), failing]), look, { nowMs, wide: false })).toBe(
    expected,
  );

test('with room the reason stands in its row', () =>
  check(
    { ...terminal, columns: 130 },
    `shop · 1 crash-loop, 1 ok

SERVICE  STATE       FOR  PORT  PID   CPU   MEM  RESTARTS  WHY
● db     ok          2h   5432  811  0.4%  402M         0
↻ api    crash-loop  6m   8001    –     –     –         6  ${why}
`,
  ));

test('60 columns, LANG=C, no colour: everything that matters is still there', () =>
  check(
    { columns: 60, color: false, unicode: false, tty: true },
    `shop - 1 crash-loop, 1 ok

SERVICE   STATE       FOR  PORT  PID   CPU   MEM  RESTARTS
[ok] db   ok          2h   5432  811  0.4%  402M         0
[<>] api  crash-loop  6m   8001    -     -     -         6
    cannot reach 127.0.0.1:5432 (ECONNREFUSED): nothing
    listens there
`,
  ));

test('no line is wider than the terminal, at any width', () => {
  for (let columns = 40; columns < 160; columns += 7)
    for (const line of renderStatus(
      document([service({}), failing]),
      { ...terminal, columns },
      {
        nowMs,
        wide: false,
      },
    ).split('\n'))
      expect(widthOf(line)).toBeLessThanOrEqual(columns);
});

test('a pipe gets times as RFC 3339 and uncut reasons', () => {
  const look: Look = { columns: Infinity, color: false, unicode: true, tty: false };
  const text = renderStatus(document([failing]), look, { nowMs, wide: false });
  expect(text).toContain('2026-11-21T11:54:00Z');
  expect(text).toContain(why);
});

test('wide shows each instance and why it last ended', () => {
  const instance = {
    name: 'api.1',
    replica: 1,
    state: 'failing' as const,
    pid: null,
    port: 8001,
    ready: false,
    restarts: 6,
    since: '2026-11-21T11:54:00Z',
    startedAt: null,
    startReason: null,
    lastExit: {
      code: 1,
      signal: null,
      text: 'exit 1',
      endedBy: null,
      at: '2026-11-21T11:54:00Z',
    },
    nextStartAt: null,
    waitingFor: [],
    memoryBytes: null,
    cpuRatio: null,
    checks: [],
  };
  const two = service({
    name: 'api',
    instances: [instance, { ...instance, name: 'api.2', ready: true }],
  });
  const text = renderStatus(
    document([two]),
    { ...terminal, columns: Infinity },
    { nowMs, wide: true },
  );
  expect(text).toContain('1 of 2');
  expect(text).toMatch(/api\.1 +failing .* exit 1/);
  expect(text).toMatch(/api\.2/);
});

test('a view that is not live says so', () => {
  const away = document([service({})]);
  const text = renderStatus(
    { ...away, daemon: { ...away.daemon, supervisorConnected: false } },
    terminal,
    { nowMs, wide: false },
  );
  expect(text).toContain('the supervisor is away; this is how it was at 2026-11-21T12:00:00Z');
});

test('an edit that was not applied is told once, above the table', () => {
  const edited = { file: '/srv/shop/fettle.yaml', at: new Date(nowMs - 120_000).toISOString() };
  const services = [service({ configNewerThanProcess: true })];
  const changed = { ...document(services), configChanged: edited };
  const options = { nowMs, wide: false, applyCommand: 'fettle -C shop up -d' };
  const lines = renderStatus(changed, terminal, options).split('\n');
  expect(lines[1]).toBe(
    'fettle.yaml was edited 2m ago, after it was applied: fettle -C shop up -d',
  );
  expect(lines.filter((line) => line.includes('edited'))).toHaveLength(1);
});
