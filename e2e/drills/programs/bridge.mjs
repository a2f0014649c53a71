// Holds one line to its peer: hello with a version, a ping each second, dials again when it is
// silent. It translates through a helper that an interpreter runs.
import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { need, readConfig, Refused, serve } from './kit.mjs';
import settings from './settings.mjs';
import { say } from './voice.mjs';

const config = readConfig();
const host = need(`${settings.peer}_HOST`);
const port = Number(need(`${settings.peer}_PORT`));
let state = 'dialling';
let heardMs = Date.now();
let pings = 0;
let line = null;

const { error } = spawnSync(config.interpreter, ['-c', 'exit 0'], { timeout: 5_000 });
if (error !== undefined) {
  say('fatal', 'no-interpreter', { command: config.interpreter, error: error.message });
  process.exit(127);
}

function hear(text) {
  heardMs = Date.now();
  const message = JSON.parse(text);
  if (message.kind === 'welcome') {
    state = 'linked';
    say('info', 'linked', { version: message.version });
  } else if (message.kind === 'refused') {
    state = 'refused';
    say('error', 'version-mismatch', { ours: config.version, theirs: message.version });
  }
}

function dial() {
  state = 'dialling';
  heardMs = Date.now();
  const socket = connect(port, host);
  line = socket;
  socket.on('connect', () => send({ kind: 'hello', version: config.version }));
  socket.on('error', (cause) => say('error', 'peer-lost', { error: cause.message }));
  socket.on('close', () => {
    state = 'dialling';
    setTimeout(dial, config.retryMs);
  });
  createInterface(socket)
    .on('line', hear)
    .on('error', () => socket.destroy());
}

const send = (message) => line.write(`${JSON.stringify(message)}\n`);

setInterval(() => {
  const silentMs = Date.now() - heardMs;
  if (state === 'linked') send({ kind: 'ping', id: (pings += 1) });
  if (silentMs > 2 * config.pingMs)
    say('warn', 'pong-late', { ms: silentMs, seconds: Math.round(silentMs / 1_000) });
  if (silentMs < config.silentMs) return;
  line.destroy();
}, config.pingMs);
dial();

const view = () => ({ link: state, heardMsAgo: Date.now() - heardMs });
serve({
  [settings.alive]: view,
  [settings.health]: () => {
    if (state === 'linked' && Date.now() - heardMs < config.silentMs) return view();
    throw new Refused(503, `link ${state}`);
  },
  '*': () => {
    if (state === 'linked') return view();
    throw new Refused(503, `link ${state}`);
  },
});
