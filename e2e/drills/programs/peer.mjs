// The far side of a bridge: one JSON object a line; a hello of the same version comes first.
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { listen, readConfig } from './kit.mjs';
import { told } from './tuning.mjs';
import { say } from './voice.mjs';

const { version } = readConfig();

const server = createServer((socket) => {
  let greeted = false;
  const answer = (message) => socket.write(`${JSON.stringify(message)}\n`);
  socket.on('error', () => socket.destroy());
  createInterface(socket)
    .on('line', (line) => {
      if (told().word === 'mute') return;
      const message = JSON.parse(line);
      if (greeted) return answer({ kind: 'pong', id: message.id });
      greeted = message.version === version;
      answer({ kind: greeted ? 'welcome' : 'refused', version });
      if (greeted) return say('info', 'peer-joined', {});
      say('error', 'version-here', { ours: version, theirs: message.version });
      socket.end();
    })
    .on('error', () => socket.destroy());
});
listen(server);
