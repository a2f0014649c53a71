/**
 * Checks that speak a server's protocol, from a config through the real daemon; sd_notify the
 * whole way.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, tempStack, type TempStack } from '@fettle/cli/temp-stack.contract';
import type { ServiceStatus } from '@fettle/sdk/api/status';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificate, endServers, hasRedis } from './real-servers.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const config = (files: Readonly<{ key: string; certificate: string }>): string => `name: talk
services:
  talker:
    command: perl ${here('talker.pl')}
    health: {notify: true, watchdog: 1500ms, start_period: 2m}
    stop_grace_period: 5s
  after:
    command: perl -e 'sleep 1000'
    depends_on: {talker: {condition: service_healthy}}
  rpc:
    command: node ${here('grpc-server.mjs')}
    port: auto
    health: {grpc: true, service: shop.Cart}
  tools:
    command: node ${here('mcp-server.mjs')}
    port: auto
    health: mcp:/mcp
  secure:
    command: node ${here('grpc-server.mjs')} ${files.key} ${files.certificate}
    port: auto
    health:
      - {grpc: true, tls: true, ca: ${files.certificate}, server_name: localhost, start_period: 1s}
      - {certificate: true, left: 60d, name: ends, start_period: 1s}
${
  hasRedis
    ? `  cache:
    command: redis-server --port $$PORT --save "" --requirepass $$SECRET
    environment: {SECRET: right}
    port: auto
    health: {redis: true, password: right}
`
    : ''
}`;

let stack: TempStack;
beforeAll(async () => {
  stack = tempStack({ 'fettle.yaml': config(certificate('localhost', -1, 30)) });
  await stack.fettle('up', '-d', '--wait-timeout', '3s');
});
afterAll(async () => {
  expect(await stack.remove()).toEqual([]);
  await endServers();
});

const until = (name: string, done: (service: ServiceStatus) => boolean, waitMs = 15_000) =>
  eventually(() => stack.service(name), done, waitMs);
const detailOf = (service: ServiceStatus): string | null =>
  service.instances[0]?.checks[0]?.lastDetail ?? null;

test('gRPC, MCP and Redis are asked in their own words, and a certificate that ends soon degrades', async () => {
  const rpc = await until('rpc', ({ state }) => state === 'ok');
  expect(detailOf(rpc)).toBe('SERVING');
  const tools = await until('tools', ({ state }) => state === 'ok');
  expect(detailOf(tools)).toBe('MCP 2025-06-18, shop-tools 1.2.0');
  const secure = await until('secure', ({ state }) => state === 'degraded');
  expect(secure.why).toMatch(/ends in 29 days, on .*; wanted are 60 days/);
  if (hasRedis) expect(detailOf(await until('cache', ({ state }) => state === 'ok'))).toBe('PONG');
});

test('sd_notify: ready when it says so, adopted by the next daemon, ended when its watchdog falls silent', async () => {
  const warming = await until('talker', (one) => detailOf(one)?.includes('warming') ?? false);
  expect(warming.state).toBe('starting');
  expect(detailOf(warming)).toBe('no READY=1 yet: warming up');
  expect((await stack.service('after')).state).toBe('starting');
  stack.write('go', '');
  const ready = await until('talker', ({ state }) => state === 'ok');
  expect(detailOf(ready)).toBe('ready: serving');
  await until('after', ({ state }) => state === 'ok');

  const daemon = JSON.parse(readFileSync(join(stack.dir, '.fettle/daemon.json'), 'utf8')) as {
    supervisorPid: number;
    controllerPid: number;
  };
  process.kill(daemon.supervisorPid, 'SIGKILL');
  process.kill(daemon.controllerPid, 'SIGKILL');
  await stack.fettle('up', '-d', '--wait-timeout', '10s');
  const adopted = await until('talker', ({ state }) => state === 'ok');
  expect(adopted.pid).toBe(ready.pid);

  stack.write('mute', '');
  const again = await until('talker', ({ pid }) => pid !== null && pid !== ready.pid, 30_000);
  rmSync(join(stack.dir, 'mute'));
  expect(again.instances[0]?.lastExit?.endedBy).toBe('hang');
  const { stdout } = await stack.fettle('timeline', 'talker');
  expect(stdout).toMatch(/talker\.1 hangs: /);
  await until('talker', ({ state }) => state === 'ok', 30_000);
});
