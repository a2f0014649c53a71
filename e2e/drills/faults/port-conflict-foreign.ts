/** While a service restarts, a process of somebody else takes its port. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { act, reflex, type Fault } from '../fault.ts';
import { portOf, serviceOf } from '../drill-stack.ts';
import { killBehind, pickService, restartByHand, works } from '../hands.ts';

/** Asks for the port without pause until it has it. */
const thief = `
const { createServer } = require('node:net');
const port = Number(process.argv[1]);
const grab = () => {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  server.on('error', () => setImmediate(grab));
  server.listen(port, '127.0.0.1', () => console.log('mine'));
};
grab();`;

export const portConflictForeign: Fault = {
  name: 'port_conflict_foreign',
  family: 'process',
  unfit: () => null,
  async inject(stack, dice) {
    const victim = pickService(stack, dice);
    const { service } = victim;
    const port = await portOf(stack, service);
    const stranger = spawn(process.execPath, ['-e', thief, String(port)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const holds = once(stranger.stdout, 'data', { signal: AbortSignal.timeout(20_000) });
    // It may lose the race against the restart; then the next round decides.
    const rounds = setInterval(() => void killBehind(stack, service).catch(() => {}), 1_000);
    await holds.finally(() => clearInterval(rounds));
    return {
      did: `a foreign process holds port ${port} of ${service}`,
      signal: {
        what: 'the stranger listens there',
        shows: async () => stranger.exitCode === null,
      },
      expected: { classes: ['port_conflict_foreign'], targets: [service] },
      right: [reflex, act('port.reassign'), act('service.start')],
      // Elsewhere, and the stranger lives.
      cured: async () =>
        stranger.exitCode === null &&
        (await serviceOf(stack, service)).port !== port &&
        works(stack, victim),
      async undo() {
        stranger.kill('SIGKILL');
        if (!(await works(stack, victim))) await restartByHand(stack, service);
      },
      tempting: null,
    };
  },
};
