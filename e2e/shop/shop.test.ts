/** The example stack: its config loads, each program starts alone, and together they sell tea. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadStack } from '@fettle/config/load-stack';
import type { Service } from '@fettle/core/stack/service';
import { pollUntil } from './poll-until.ts';

const shop = fileURLToPath(new URL('../../examples/shop', import.meta.url));
/** A copy proves that the folder works elsewhere, too. */
const copy = join(mkdtempSync(join(tmpdir(), 'fettle-shop-')), 'shop');
const children = new Map<string, ChildProcess>();
const outputs = new Map<string, string>();
const ports = new Map<string, number>();
const pings: string[] = [];
let fettle: Server;
let services: readonly Service[];

beforeAll(async () => {
  cpSync(shop, copy, {
    recursive: true,
    filter: (path) => !/\/(?:data|\.fettle|node_modules)$/.test(path),
  });
  services = loadStack({ dir: copy, env: {} }).stack.services;
  fettle = createServer((request, response) => {
    pings.push(request.url ?? '');
    response.end('ok\n');
  });
  fettle.listen(0, '127.0.0.1');
  await once(fettle, 'listening', { signal: AbortSignal.timeout(5_000) });
});
afterAll(() => {
  for (const child of children.values()) child.kill('SIGKILL');
  fettle.close();
  rmSync(dirname(copy), { recursive: true, force: true });
});

/** Runs a service as Fettle would: PORT, addresses of dependencies, our own Node first on PATH. */
async function start(name: string, command?: readonly string[]): Promise<ChildProcess> {
  const service = services.find((one) => one.name === name);
  const [file = '', ...args] = command ?? service?.command ?? [];
  const port = service?.port === null ? null : await freePort();
  if (port !== null) ports.set(name, port);
  const child = spawn(file, args, {
    cwd: copy,
    env: {
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
      FETTLE_URL: `http://127.0.0.1:${(fettle.address() as AddressInfo).port}`,
      ...(port === null ? {} : { PORT: String(port), HOST: '127.0.0.1' }),
      ...addresses(),
      ...service?.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.set(name, child);
  const keep = (chunk: Buffer): void => {
    outputs.set(name, `${outputs.get(name) ?? ''}${chunk}`);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return child;
}

function addresses(): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, port] of ports) {
    const upper = name.toUpperCase();
    all[`${upper}_URL`] = `http://127.0.0.1:${port}`;
    all[`${upper}_HOST`] = '127.0.0.1';
    all[`${upper}_PORT`] = String(port);
  }
  return all;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening', { signal: AbortSignal.timeout(5_000) });
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

const until = (what: string, look: () => boolean | Promise<boolean>): Promise<void> =>
  pollUntil(look, () => `${what}: ${JSON.stringify([...outputs]).slice(-2_000)}`);
const urlOf = (name: string, path: string): string => `http://127.0.0.1:${ports.get(name)}${path}`;
const answers = (name: string, path: string) => async (): Promise<boolean> =>
  (await fetch(urlOf(name, path), { signal: AbortSignal.timeout(2_000) })).ok;

test('the config shows at least seven services, each kind of check, and a job', () => {
  expect(services.length).toBeGreaterThanOrEqual(7);
  const kinds = new Set(
    services.flatMap(({ healthChecks }) => healthChecks.map((c) => c.probe.kind)),
  );
  expect([...kinds].toSorted()).toEqual(['exec', 'heartbeat', 'http', 'log', 'tcp', 'ws']);
  expect(services.filter(({ oneShot }) => oneShot).map(({ name }) => name)).toEqual(['migrate']);
  expect(services.some(({ dependsOn }) => dependsOn.some(({ required }) => !required))).toBe(true);
});

test('the migration ends with success, also the second time', async () => {
  for (let time = 1; time <= 2; time += 1) {
    const child = await start('migrate');
    const [code] = (await once(child, 'exit', { signal: AbortSignal.timeout(20_000) })) as [number];
    expect(code, outputs.get('migrate')).toBe(0);
  }
});

test('all services start in order and answer', async () => {
  for (const name of ['ledger', 'pricing', 'feed']) await start(name);
  for (const name of ['ledger', 'pricing', 'feed']) await until(name, answers(name, '/healthz'));
  for (const name of ['api', 'peer', 'worker']) await start(name);
  await until('api', answers('api', '/healthz'));
  await until('peer', () => (outputs.get('peer') ?? '').includes('listening'));
  await start('bridge');
  await until('bridge', answers('bridge', '/healthz'));
  await start('web');
  await until('web', answers('web', '/healthz'));
});

test('an order goes through the front, gets a price, is booked and shipped', async () => {
  const socket = new WebSocket(urlOf('feed', '/feed').replace('http', 'ws'));
  const heard: string[] = [];
  socket.addEventListener('message', ({ data }) => heard.push(String(data)));
  socket.addEventListener('open', () => socket.send('hello'));
  await until('welcome', () => heard.some((text) => text.includes('welcome')));
  const body = JSON.stringify({ sku: 'tea', amount: 10 });
  const response = await fetch(urlOf('web', '/api/orders'), { method: 'POST', body });
  expect(response.status).toBe(201);
  expect(await response.json()).toMatchObject({ id: 1, sku: 'tea', cents: 4_050 });
  await until('shipped', () => heard.some((text) => text.includes('shipped')));
  await until('ping', () => pings.includes('/ping/worker'));
  socket.close();
});

test('the bridge converts by its peer in another language', async () => {
  const response = await fetch(urlOf('web', '/api/convert?amount=10&to=GBP'));
  expect(await response.json()).toEqual({ amount: 8.6 });
});

test('what is sent back is taken back', async () => {
  const body = JSON.stringify({ sku: 'cup', amount: 2 });
  expect((await fetch(urlOf('web', '/api/returns'), { method: 'POST', body })).status).toBe(202);
  await until('the refund', () => (outputs.get('worker') ?? '').includes('took back 2 x cup'));
});

test('bad requests are told what is wrong', async () => {
  const post = (body: string) => fetch(urlOf('web', '/api/orders'), { method: 'POST', body });
  expect((await post('{"sku":"coffee"}')).status).toBe(400);
  expect((await post('{')).status).toBe(400);
  expect((await fetch(urlOf('web', '/nothing'))).status).toBe(404);
});

test('the database passes its check', async () => {
  const check = services.find(({ name }) => name === 'ledger')?.healthChecks[1]?.probe;
  const child = await start('check', check?.kind === 'exec' ? check.command : []);
  const [code] = (await once(child, 'exit', { signal: AbortSignal.timeout(20_000) })) as [number];
  expect(code).toBe(0);
});

test('customers arrive', async () => {
  await start('traffic');
  await until('traffic', () => (outputs.get('traffic') ?? '').includes('customers arrive'));
  await until('orders', async () => {
    const list = (await (await fetch(urlOf('web', '/api/orders?n=50'))).json()) as unknown[];
    return list.length > 2;
  });
});

test('without pricing the shop sells at list prices', async () => {
  children.get('pricing')?.kill('SIGKILL');
  await until('list prices', async () => {
    const body = JSON.stringify({ sku: 'tea', amount: 10 });
    const response = await fetch(urlOf('api', '/orders'), { method: 'POST', body });
    return ((await response.json()) as { cents: number }).cents === 4_500;
  });
});

test.each(['pricing', 'peer'])('the twin of %s in Node does the same', async (name) => {
  children.get(name)?.kill('SIGKILL');
  await start(name, ['node', `src/${name}.mjs`]);
  await until(name, () => (outputs.get(name) ?? '').includes('"msg":"listening'));
});

test('each leaves with success on SIGTERM', async () => {
  for (const [name, child] of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, 'exit', { signal: AbortSignal.timeout(10_000) });
    child.kill('SIGTERM');
    const [code, signal] = (await gone) as [number | null, string | null];
    expect([name, code, signal]).toEqual([name, 0, null]);
  }
});
