/** Health of real services under the real supervisor, beside hangs (see hang.test.ts). */
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from './hang.ts';
import { healthCheck, http, openLiveStack, service, type LiveStack } from './live-stack.ts';

const node = [process.execPath, 'victim.mjs'];
const quick = { intervalMs: 200, timeoutMs: 150, startPeriodMs: 600, startIntervalMs: 100 };
const script = (text: string) => [process.execPath, '-e', text];
const idle = 'setInterval(() => {}, 1e6);';
const needs = (name: string, condition: 'service_started' | 'service_healthy') => ({
  service: name,
  condition,
  required: true,
  restart: false,
});

let stack: LiveStack;
beforeAll(async () => {
  stack = await openLiveStack([
    service('sick', node, { healthChecks: [http('/healthz', quick)] }),
    service('mute', node, {
      healthChecks: [http('/healthz', quick)],
      dependsOn: [needs('sick', 'service_healthy')],
    }),
    service('busy', node, { healthChecks: [http('/healthz', { ...quick, timeoutMs: 1_000 })] }),
    service('stubborn', script(`require('http').createServer().listen(0, '127.0.0.1'); ${idle}`), {
      healthChecks: [http('/healthz', quick)],
    }),
    service('robbed', script(idle), { healthChecks: [http('/healthz', quick)] }),
    service('logger', script(`setTimeout(() => console.log('ready to serve'), 300); ${idle}`), {
      port: null,
      healthChecks: [healthCheck({ kind: 'log', ready: 'ready to \\w+', failing: 'lost' }, quick)],
    }),
    service('exec', script(idle), {
      port: null,
      environment: { COLOUR: 'green' },
      healthChecks: [
        healthCheck(
          { kind: 'exec', command: ['sh', '-c', 'test "$COLOUR" = green'] },
          { ...quick, timeoutMs: 1_000 },
        ),
      ],
    }),
    service('beat', script(idle), {
      port: null,
      healthChecks: [
        healthCheck({ kind: 'heartbeat', id: 'b1', everyMs: 60_000, graceMs: 0 }, quick),
      ],
    }),
    service('far', [], {
      external: true,
      externalUrl: 'tcp://127.0.0.1:9',
      port: null,
      healthChecks: [healthCheck({ kind: 'tcp', host: null, port: null }, quick)],
    }),
  ]);
});
afterAll(() => stack.close());

const ready = (instance: string): boolean => stack.link.instance(instance)?.ready === true;
const detail = (instance: string): string => stack.health.checks(instance)[0]?.lastDetail ?? '';
const probed = (service: string): number =>
  stack.health.durations().find((row) => row.service === service)?.histogram.count ?? 0;
const said = (instance: string): string[] =>
  stack.events.filter((event) => event.instance === instance).map(({ text }) => text);

test('the process that answers is ours, and is known to be', async () => {
  await stack.until('sick.1', () => ready('sick.1'));
  expect(stack.health.checks('sick.1')[0]).toMatchObject({ up: true, attested: true });
});

test('503 takes readiness, not the process', async () => {
  const { pid, port } = stack.view('sick.1');
  await ask(port?.port ?? 0, '/sick');
  await stack.until('sick.1 to be down', () => !ready('sick.1'));
  expect(detail('sick.1')).toBe('HTTP 503: ok');
  const count = probed('sick');
  await stack.until('six more probes', () => probed('sick') >= count + 6);
  expect(stack.view('sick.1').pid).toBe(pid);
  await ask(port?.port ?? 0, '/well');
  await stack.until('sick.1 to be up', () => ready('sick.1'));
});

test('a listener that vanished is brought back', async () => {
  await stack.until('mute.1', () => ready('mute.1'));
  const { pid, port } = stack.view('mute.1');
  await ask(port?.port ?? 0, '/mute');
  await stack.until('mute.1 again', () => ready('mute.1') && stack.view('mute.1').pid !== pid);
  await stack.until('the story', () => said('mute.1').some((text) => /healthy again/.test(text)));
});

test('a service that ignores PORT is told where it listens, and is left alone', async () => {
  const where = /^listens on \d+, not on the \d+ it was given$/;
  await stack.until('the detail', () => where.test(detail('stubborn.1')));
  await stack.until('down', () => stack.health.checks('stubborn.1')[0]?.up === false);
  expect(stack.view('stubborn.1').restarts).toBe(0);
});

test('a foreign answer is not believed, and costs one restart', async () => {
  const thief = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
  const first = await stack.until('a port', () => stack.link.instance('robbed.1')?.port ?? null);
  await new Promise<void>((done) => {
    thief.listen(first.port, '127.0.0.1', done);
  });
  try {
    // Whoever sees it first, the supervisor's sweep or our attestation, asks for the restart.
    await stack.until('another port', () => {
      const port = stack.link.instance('robbed.1')?.port?.port;
      return port !== undefined && port !== first.port;
    });
    const view = stack.view('robbed.1');
    expect(view).toMatchObject({ startReason: 'port-stolen', restarts: 1 });
    expect(stack.health.checks('robbed.1')[0]?.up).not.toBe(true);
  } finally {
    thief.close();
  }
});

test('a log line makes ready', () => stack.until('logger.1', () => ready('logger.1')));

test('a command runs in the environment of the service', () =>
  stack.until('exec.1', () => ready('exec.1')));

test('a ping makes ready, a failure takes it back', async () => {
  expect(stack.health.ping('nobody', 'ok', '')).toBe(false);
  await stack.until('the watch', () => stack.health.ping('b1', 'ok', ''));
  await stack.until('beat.1', () => ready('beat.1'));
  stack.health.ping('b1', 3, 'disk full');
  await stack.until('beat.1 down', () => !ready('beat.1'));
  expect(detail('beat.1')).toBe('reported exit 3: disk full');
});

test('an external service is probed only', async () => {
  await stack.until('far.1', () => stack.health.checks('far.1')[0]?.up === false);
  expect(detail('far.1')).toContain('ECONNREFUSED 127.0.0.1:9');
});

test('every edge is tried where the dependency lives now', async () => {
  await stack.until('both', () => ready('sick.1') && ready('mute.1'));
  const links = await stack.health.tryLinks();
  const { port } = stack.view('sick.1').port ?? { port: 0 };
  expect(links).toMatchObject([
    { from: 'mute', to: 'sick', ok: true, tried: `http http://127.0.0.1:${port}/healthz` },
  ]);
});

test('our own pause kills nobody', async () => {
  await stack.until('busy.1', () => ready('busy.1'));
  const before = stack.link.instances().map(({ pid }) => pid);
  const events = stack.events.length;
  // Blocks this very process: timers, sockets, everything, as SIGSTOP would.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
  const count = probed('busy');
  await stack.until('probes after it', () => probed('busy') >= count + 8);
  expect(stack.link.instances().map(({ pid }) => pid)).toEqual(before);
  expect(stack.events.slice(events).filter(({ kind }) => kind.startsWith('healing'))).toEqual([]);
});

test('a new controller judges nobody by what was before', async () => {
  const health = await stack.reopenHealth();
  expect(health.checks('sick.1')[0]?.up).toBe(null);
  expect(ready('sick.1')).toBe(true);
  await stack.until('sick.1', () => health.checks('sick.1')[0]?.up === true);
  await stack.until('logger.1', () => health.checks('logger.1')[0]?.up === true);
});
