/** The fault proxy does to a connection what each of its modes says. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFaultProxy, type FaultProxy, type LinkMode } from './fault-proxy.ts';

let echo: Server;
let proxy: FaultProxy;
beforeAll(async () => {
  echo = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => socket.write(data));
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening', { signal: AbortSignal.timeout(5_000) });
  proxy = await openFaultProxy({ host: '127.0.0.1', port: (echo.address() as AddressInfo).port });
});
afterAll(async () => {
  await proxy.close();
  echo.close();
});

/** What came back for `hello`, or why nothing did; `tookMs` from the first packet. */
async function hello(waitMs: number): Promise<Readonly<{ got: string; tookMs: number }>> {
  const beganMs = performance.now();
  const socket = connect(proxy.port, '127.0.0.1');
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.on('connect', () => socket.write('hello'));
  socket.on('data', (data) => resolve(String(data)));
  socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
  socket.on('close', () => resolve('closed'));
  socket.setTimeout(waitMs, () => resolve(socket.connecting ? 'no handshake' : 'silence'));
  const got = await promise;
  socket.destroy();
  return { got, tookMs: performance.now() - beganMs };
}

const cases: readonly (readonly [LinkMode, string])[] = [
  [{ kind: 'pass' }, 'hello'],
  [{ kind: 'refuse' }, 'ECONNREFUSED'],
  [{ kind: 'half-open' }, 'silence'],
  [{ kind: 'blackhole' }, 'no handshake'],
  [{ kind: 'resets', share: 1 }, 'ECONNRESET'],
  [{ kind: 'garble' }, '}elyo'],
];

test.each(cases)('%j gives %s, and lets go of it', async (mode, expected) => {
  await proxy.set(mode);
  expect((await hello(400)).got).toBe(expected);
  await proxy.set({ kind: 'pass' });
  expect((await hello(2_000)).got).toBe('hello');
});

test('latency delays the answer by what it says', async () => {
  await proxy.set({ kind: 'latency', ms: 300 });
  const { got, tookMs } = await hello(2_000);
  expect(got).toBe('hello');
  expect(tookMs).toBeGreaterThan(290);
});

test('a share of resets leaves the rest alone', async () => {
  await proxy.set({ kind: 'resets', share: 0.3 });
  const answers = [];
  for (let count = 0; count < 10; count += 1) answers.push((await hello(1_000)).got);
  expect(answers.filter((one) => one === 'ECONNRESET')).toHaveLength(3);
  expect(answers.filter((one) => one === 'hello')).toHaveLength(7);
});
