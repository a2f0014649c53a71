/**
 * A TCP proxy in user space that can be made to behave like a bad network: refusing, swallowing,
 * slow, resetting, half open, narrow, or corrupting. It belongs to nobody's stack, as a tunnel or a
 * load balancer would not.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

type Place = Readonly<{ host: string; port: number }>;

export type LinkMode =
  | Readonly<{ kind: 'pass' | 'refuse' | 'half-open' | 'garble' }>
  /** Connects and bytes vanish; who waits, waits until his own deadline. */
  | Readonly<{ kind: 'blackhole' }>
  /** Round trip longer by this. */
  | Readonly<{ kind: 'latency'; ms: number }>
  /** Share of requests that end in a reset of their connection. */
  | Readonly<{ kind: 'resets'; share: number }>
  | Readonly<{ kind: 'throttle'; bytesPerS: number }>;

export type FaultProxy = Readonly<{
  port: number;
  set(mode: LinkMode): Promise<void>;
  close(): Promise<void>;
}>;

const answerMs = 5_000;
/** Handshakes that fill the queue of a listener whose owner does not accept. */
const fillers = 20;

/** `port` 0: a free one. */
export async function openFaultProxy(upstream: Place, port = 0): Promise<FaultProxy> {
  const own = port === 0 ? await freePort() : port;
  const gate = new SharedArrayBuffer(4);
  const held = new Int32Array(gate);
  const worker = new Worker(new URL('fault-proxy-thread.mjs', import.meta.url), {
    workerData: { port: own, host: '127.0.0.1', upstream, gate },
  });
  const answered = (): Promise<unknown> =>
    once(worker, 'message', { signal: AbortSignal.timeout(answerMs) });
  await answered();
  const filling: Socket[] = [];

  const release = (): void => {
    for (const socket of filling.splice(0)) socket.destroy();
    Atomics.store(held, 0, 0);
    Atomics.notify(held, 0);
  };
  const set: FaultProxy['set'] = async (mode) => {
    release();
    const done = answered();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
    worker.postMessage(mode);
    await done;
    if (mode.kind !== 'blackhole') return;
    for (let count = 0; count < fillers; count += 1) filling.push(fill(own));
  };
  return {
    port: own,
    set,
    async close() {
      release();
      await worker.terminate();
    },
  };
}

function fill(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  return socket;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening', { signal: AbortSignal.timeout(answerMs) });
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
