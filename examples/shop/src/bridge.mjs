// Speaks with a peer in another language over one TCP line: hello with a version, then a ping each
// second. A peer that stays silent for 3 s is dropped and dialled again.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { log, readConfig, serve, withStatus } from './service.mjs';

const { version } = readConfig('bridge');
const pingMs = 1_000;
const silentMs = 3_000;
const retryMs = 500;
const maxWaiting = 100;
const host = process.env.PEER_HOST ?? '127.0.0.1';
const port = Number(process.env.PEER_PORT);
if (!Number.isInteger(port)) throw new Error('missing required environment variable PEER_PORT');

let state = 'dialling';
let trouble = null;
let heardMs = 0;
let count = 0;
let line = null;
const waiting = new Map();

function dial() {
  state = 'dialling';
  const socket = connect(port, host);
  line = socket;
  heardMs = Date.now();
  socket.on('connect', () => say({ kind: 'hello', version, name: 'shop' }));
  socket.on('error', (error) => {
    if (trouble !== error.message) log('error', `peer lost: ${error.message}`);
    trouble = error.message;
  });
  socket.on('close', () => {
    if (state === 'leaving') return;
    for (const { reject } of waiting.values()) reject(new Error('the peer went away'));
    waiting.clear();
    state = 'dialling';
    setTimeout(dial, retryMs);
  });
  createInterface(socket)
    .on('line', hear)
    .on('error', () => socket.destroy());
}

function hear(text) {
  heardMs = Date.now();
  const message = JSON.parse(text);
  if (message.kind === 'welcome') {
    state = 'linked';
    trouble = null;
    log('info', 'linked to the peer', { version: message.version });
  } else if (message.kind === 'refused') {
    trouble = `the peer speaks version ${message.version}, not ${version}`;
    log('error', trouble);
  } else waiting.get(message.id)?.resolve(message);
}

const say = (message) => line.write(`${JSON.stringify(message)}\n`);

/** Asks the peer; the answer must come within 2 s. */
function ask(message) {
  if (state !== 'linked') throw Object.assign(new Error('no peer'), { status: 503 });
  if (waiting.size >= maxWaiting) throw Object.assign(new Error('busy'), { status: 503 });
  const id = (count += 1);
  const { promise, resolve, reject } = Promise.withResolvers();
  const late = setTimeout(() => reject(new Error('no answer from the peer in 2s')), 2_000);
  waiting.set(id, { resolve, reject });
  say({ ...message, id });
  return promise.finally(() => {
    clearTimeout(late);
    waiting.delete(id);
  });
}

setInterval(() => {
  if (state === 'linked') ask({ kind: 'ping' }).catch(() => {});
  if (Date.now() - heardMs < silentMs) return;
  trouble = `silent for ${Math.round((Date.now() - heardMs) / 1_000)}s`;
  line.destroy();
}, pingMs);
dial();

serve(
  {
    'GET /livez': () => ({ status: 'ok' }),
    'GET /healthz': () =>
      withStatus(state === 'linked' ? 200 : 503, {
        peer: state,
        trouble,
        heardMsAgo: Date.now() - heardMs,
      }),
    'GET /convert': async ({ url }) => {
      const amount = Number(url.searchParams.get('amount') ?? 1);
      const answer = await ask({
        kind: 'convert',
        amount,
        to: url.searchParams.get('to') ?? 'USD',
      });
      return answer.kind === 'error'
        ? withStatus(400, { error: answer.error })
        : { amount: answer.amount };
    },
  },
  {
    onStop: () => {
      state = 'leaving';
      line.end();
    },
  },
);
