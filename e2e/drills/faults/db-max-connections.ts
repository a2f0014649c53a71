/** A client that is not of this stack holds every slot of the database. */
import { spawn } from 'node:child_process';
import { act, escalate, type Fault } from '../fault.ts';
import { askDatabase, databaseAnswers, restartByHand } from '../hands.ts';

/** Opens connections until it is refused, and takes each slot that becomes free. */
const hoarder = `
const { connect } = require('node:net');
const [port, many] = process.argv.slice(1).map(Number);
const hold = () => {
  const socket = connect(port, '127.0.0.1');
  const again = () => setTimeout(hold, 300);
  socket.on('error', () => {}).on('close', again).resume();
};
for (let count = 0; count < many; count += 1) hold();`;

export const dbMaxConnections: Fault = {
  name: 'db_max_connections',
  family: 'dependency',
  unfit: ({ parts }) => (parts.database.maxClients === null ? 'no limit of connections' : null),
  async inject(stack) {
    const { database } = stack.parts;
    const { service, port } = database;
    const many = String((database.maxClients ?? 0) + 4);
    const stranger = spawn(process.execPath, ['-e', hoarder, String(port), many], {
      stdio: 'ignore',
    });
    return {
      did: `a foreign process holds all ${database.maxClients} connections of ${service}`,
      signal: {
        what: 'the next client is refused by words',
        shows: async () => /max|many|slot/i.test((await askDatabase(port)) ?? ''),
      },
      expected: { classes: ['db_max_connections'], targets: [service] },
      right: [act('db.terminate_sessions'), escalate],
      cured: () => databaseAnswers(stack),
      undo: async () => void stranger.kill('SIGKILL'),
      tempting: { what: `restart ${service}`, run: () => restartByHand(stack, service) },
    };
  },
};
