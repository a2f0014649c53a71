/** Checks of servers: their short and long forms, what an address says, and what is not shown. */
import { afterAll, expect, test } from 'vitest';
import type { HealthCheck } from '@fettle/core/stack/health-check';
import { showStack } from './show-stack.ts';
import { stackFolders } from './testing/stack-folder.ts';

const { check, load, remove } = stackFolders();
afterAll(remove);

const stackWith = (service: string) =>
  check(`name: s\nservices:\n  it: ${service}\n`, { env: { PW: 'T0P' } });

function checksOf(service: string): readonly HealthCheck[] {
  const { stack, problems } = stackWith(service);
  expect(problems).toEqual([]);
  return stack?.services[0]?.healthChecks ?? [];
}
const probeOf = (health: string) =>
  checksOf(`{command: x, port: 8000, health: ${health}}`)[0]?.probe;
const own = { host: null, port: null };

test.each([
  ['redis', { kind: 'redis', ...own, login: null, tls: null }],
  ['postgres', { kind: 'postgres', ...own, login: null, database: 'postgres', tls: null }],
  ['grpc', { kind: 'grpc', ...own, service: '', tls: null }],
  ['notify', { kind: 'notify', watchdogMs: null }],
  ['"mcp:/mcp"', { kind: 'mcp', target: '/mcp', headers: {} }],
  ['{redis: 6379}', { kind: 'redis', host: null, port: 6379 }],
  [
    '{redis: "rediss://probe:${PW}@h/"}',
    { host: 'h', port: 6379, login: { user: 'probe', password: 'T0P' }, tls: { verify: true } },
  ],
  [
    '{postgres: "postgres://me:a%40b@h/shop?sslmode=require"}',
    { port: 5432, login: { user: 'me', password: 'a@b' }, database: 'shop', tls: { verify: true } },
  ],
  ['{postgres: true, user: me, tls: unverified}', { database: 'me', tls: { verify: false } }],
  ['{grpc: "[::1]:9", service: a.B}', { host: '::1', port: 9, service: 'a.B' }],
  ['{certificate: "https://shop.example"}', { port: 443, serverName: 'shop.example' }],
  ['{certificate: 127.0.0.1:8443, left: 30d}', { serverName: null, leftMs: 30 * 86_400_000 }],
  ['{notify: true, watchdog: 30s}', { kind: 'notify', watchdogMs: 30_000 }],
])('%s', (health, expected) => expect(probeOf(health)).toMatchObject(expected));

test('an external service is asked where its address says, as whom it says', () => {
  const [redis] = checksOf('{external: true, url: "redis://:pw@h:7000", health: redis}');
  expect(redis).toMatchObject({
    attest: false,
    probe: { host: 'h', port: 7000, login: { user: null, password: 'pw' } },
  });
});

test('what a check leaves open fits its kind', () => {
  const [certificate] = checksOf('{command: x, port: 1, health: certificate}');
  expect(certificate).toMatchObject({ role: 'readiness', required: false, intervalMs: 600_000 });
  const [notify] = checksOf('{command: x, health: {notify: true, watchdog: 2s}}');
  expect(notify).toMatchObject({ role: 'both', downAfter: 1, intervalMs: 1_000 });
});

test.each([
  ['{command: x, health: redis}', 'E-CONFIG-REQUIRED'],
  ['{command: x, port: 1, health: {redis: "http://h"}}', 'E-CONFIG-URL'],
  ['{command: x, port: 1, health: {redis: true, grpc: true}}', 'E-CONFIG-REQUIRED'],
  ['{command: x, health: {notify: false}}', 'E-CONFIG-VALUE'],
  ['{command: x, port: 1, health: {grpc: true, tls: perhaps}}', 'E-CONFIG-VALUE'],
])('%s is refused: %s', (service, code) =>
  expect(stackWith(service).problems.map((one) => one.code)).toEqual([code]),
);

test('`config show` reads back to the same checks, and hides the password', () => {
  const health =
    '[{redis: h:1, user: u, password: "${PW}", tls: true, ca: /ca.pem}, {postgres: true, user: me}, {grpc: true, service: a.B}, {certificate: "https://x.example"}, {notify: true, watchdog: 9s}, {mcp: /m, headers: {Authorization: "${PW}"}}]';
  const { stack } = stackWith(`{command: x, port: 8000, health: ${health}}`);
  if (stack === null) throw new TypeError('no stack');
  expect(showStack(stack)).not.toContain('T0P');
  const again = load(showStack(stack, { secrets: 'shown' })).services[0];
  expect(again?.healthChecks).toEqual(stack.services[0]?.healthChecks);
});
