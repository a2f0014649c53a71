// Twin of peer.py, for machines without Python.
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { listen, log, onTerminate, readConfig } from './service.mjs';

const { version } = readConfig('peer');
const perEuro = { EUR: 1, USD: 1.09, GBP: 0.86, JPY: 162 };

function answer({ kind, id, to, amount }) {
  if (kind === 'ping') return { kind: 'pong', id };
  if (kind !== 'convert') return { kind: 'error', id, error: `unknown kind ${kind}` };
  const rate = perEuro[to];
  if (rate === undefined) return { kind: 'error', id, error: 'unknown currency' };
  return { kind: 'converted', id, amount: Math.round(amount * rate * 100) / 100 };
}

const server = createServer((socket) => {
  let greeted = false;
  const say = (message) => socket.write(`${JSON.stringify(message)}\n`);
  socket.on('error', () => socket.destroy());
  createInterface(socket).on('line', (line) => {
    try {
      const message = JSON.parse(line);
      if (greeted) return say(answer(message));
      greeted = message.kind === 'hello' && message.version === version;
      say({ kind: greeted ? 'welcome' : 'refused', version });
      if (!greeted) socket.end();
    } catch {
      socket.destroy();
    }
  });
});
listen(server);
onTerminate(() => server.close());
log('info', 'peer without Python');
