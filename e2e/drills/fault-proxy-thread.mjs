// The thread of a fault proxy: it owns the listener, so that blocking it stops the link dead, the
// handshakes included, as a blackhole does.
import { connect, createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { port, host, upstream, gate } = workerData;
const held = new Int32Array(gate);
const pairs = new Set();
let mode = { kind: 'pass' };
let server = null;
let count = 0;

/** Forwards what comes, as late or as slowly as the mode says; answers may be corrupted. */
function forward(from, to, isAnswer) {
  from.on('data', (chunk) => {
    if (mode.kind === 'half-open' || to.destroyed) return;
    if (mode.kind === 'resets' && !isAnswer) {
      count += 1;
      if (isNext(mode.share)) return void reset(from, to);
    }
    if (mode.kind === 'latency') {
      setTimeout(() => to.destroyed || to.write(chunk), mode.ms / 2);
    } else if (mode.kind === 'throttle') {
      from.pause();
      to.write(chunk);
      setTimeout(() => from.resume(), (chunk.length / mode.bytesPerS) * 1_000);
    } else if (mode.kind === 'garble' && isAnswer) {
      to.write(chunk.map((byte, index) => (index % 3 === 0 ? byte ^ 0x15 : byte)));
    } else to.write(chunk);
  });
  // What is still on its way arrives before the end does.
  from.on('close', () => setTimeout(() => to.destroy(), mode.kind === 'latency' ? mode.ms / 2 : 0));
  from.on('error', () => to.destroy());
}

/** Spreads a share evenly: 0.3 is every 4th, 7th and 10th of ten. */
const isNext = (share) => Math.floor(count * share) > Math.floor((count - 1) * share);

function reset(near, far) {
  near.resetAndDestroy();
  far.destroy();
}

function accept(client) {
  pairs.add(client);
  client.on('close', () => pairs.delete(client));
  const far = connect(upstream.port, upstream.host);
  pairs.add(far);
  far.on('close', () => pairs.delete(far));
  forward(client, far, false);
  forward(far, client, true);
  client.resume();
}

function listen() {
  return new Promise((resolve, reject) => {
    server = createServer({ pauseOnConnect: true }, accept);
    server.once('error', reject);
    server.listen({ port, host, backlog: 16 }, resolve);
  });
}

const drop = () => {
  for (const socket of pairs) socket.destroy();
};

/** A port of a worker has no origin to name. */
function tellDone() {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort.postMessage('done');
}

parentPort.on('message', async (next) => {
  mode = next;
  if (mode.kind === 'refuse') {
    drop();
    await new Promise((resolve) => server.close(resolve));
    server = null;
  } else if (server === null) await listen();
  if (mode.kind === 'resets' || mode.kind === 'garble') drop();
  tellDone();
  if (mode.kind === 'blackhole') {
    Atomics.store(held, 0, 1);
    Atomics.wait(held, 0, 1);
    drop();
  }
});

await listen();
tellDone();
