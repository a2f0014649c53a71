// A small database: keys and counters in memory, over the Redis protocol, with a password and a
// bound on connections.
import { createServer } from 'node:net';
import { readFileSync } from 'node:fs';
import { listen, readConfig } from './kit.mjs';
import settings from './settings.mjs';
import { told } from './tuning.mjs';
import { say } from './voice.mjs';

const config = readConfig();
const values = new Map();
/** Sessions by their sockets. */
const sockets = new Map();
let refused = 0;

const bulk = (text) =>
  text === undefined ? '$-1\r\n' : `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

const commands = {
  PING: () => '+PONG\r\n',
  GET: (_session, key) => bulk(values.get(key)),
  SET: (_session, key, value) => {
    values.set(key, value);
    return '+OK\r\n';
  },
  INCR: (_session, key) => {
    const next = Number(values.get(key) ?? 0) + 1;
    values.set(key, String(next));
    return `:${next}\r\n`;
  },
  AUTH: (session, user, password) => {
    const known = JSON.parse(readFileSync(settings.users, 'utf8'));
    session.user = known[user] !== undefined && known[user] === password ? user : null;
    if (session.user !== null) return '+OK\r\n';
    say('warn', 'auth-refused-here', { user });
    return `-${settings.voice['auth-refused'].replace('{user}', user)}\r\n`;
  },
  CLIENT: (_session, verb = '', ...words) => {
    if (verb.toUpperCase() === 'LIST')
      return bulk([...sockets.keys()].map((one, id) => `id=${id} addr=${address(one)}`).join('\n'));
    if (verb.toUpperCase() !== 'KILL') return '-ERR syntax error\r\n';
    const victims = [...sockets].filter(
      ([socket, session]) => address(socket) === words.at(-1) || session.user === words.at(-1),
    );
    for (const [socket] of victims) socket.destroy();
    return `:${victims.length}\r\n`;
  },
};

const address = (socket) => `${socket.remoteAddress}:${socket.remotePort}`;

function run(session, [name = '', ...words]) {
  const command = commands[name.toUpperCase()];
  if (command === undefined) return `-ERR unknown command '${name}'\r\n`;
  if (session.user === null && !['AUTH', 'PING'].includes(name.toUpperCase()))
    return '-NOAUTH Authentication required.\r\n';
  return command(session, ...words);
}

/** Takes whole commands, inline or as arrays, off the front of what was received. */
function takeCommand(session) {
  const lines = session.text.split('\r\n');
  if (lines.length < 2) return null;
  const count = lines[0].startsWith('*') ? Number(lines[0].slice(1)) : 0;
  const used = count > 0 ? 1 + 2 * count : 1;
  if (lines.length <= used) return null;
  session.text = lines.slice(used).join('\r\n');
  if (count === 0) return lines[0].split(' ');
  return lines.slice(1, used).filter((_line, index) => index % 2 === 1);
}

const server = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  if (sockets.size >= config.maxClients) {
    refused += 1;
    if (refused % 20 === 1) say('warn', 'too-many-here', { max: config.maxClients });
    socket.end(`-${settings.voice['too-many']}\r\n`);
    return;
  }
  const session = { text: '', user: null };
  sockets.set(socket, session);
  socket.on('close', () => sockets.delete(socket));
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    if (told().word === 'mute') return;
    session.text += chunk;
    for (let words = takeCommand(session); words !== null; words = takeCommand(session))
      socket.write(run(session, words));
  });
});
server.on('close', () => sockets.forEach((_session, socket) => socket.destroy()));
listen(server);
setInterval(() => say('info', 'saved', { keys: values.size }), 15_000);
