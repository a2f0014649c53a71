/**
 * The keeper of containers: a process of its own beside the supervisor, which starts it when the
 * stack has a container. It holds the client library, the logs that stream through it and the
 * relays, so that the supervisor stays small; killed, it is started again and asks the engine.
 *
 * `--tidy`: takes away what a stack that is down left at the engine, and ends.
 */
import { join } from 'node:path';
import { findEngineSocket, engineSockets } from '@fettle/sdk/daemon/engine-socket';
import { makeFolders } from '@fettle/sdk/daemon/make-folders';
import { containersSocket, statePaths } from '@fettle/sdk/daemon/paths';
import { openEngine } from './engine.ts';
import { startKeeper } from './keeper.ts';
import { log } from './keeper-log.ts';
import { listenForOrders } from './order-server.ts';
import { openRecords } from './run-record.ts';
import { tidyStack } from './tidy-stack.ts';

const { env } = process;
const paths = statePaths(env['FETTLE_STACK_DIR'] ?? process.cwd());
// Where there is none yet, one may come: each start says what is missing.
const socketPath = findEngineSocket(env) ?? engineSockets(env)[0] ?? '/var/run/docker.sock';
const engine = openEngine(socketPath);

process.on('uncaughtException', (cause) => {
  log('error', 'uncaught exception', { cause });
  process.exit(70);
});

if (process.argv.includes('--tidy')) await tidy();
else await keep();

async function tidy(): Promise<void> {
  try {
    await tidyStack(engine, paths.hash);
    process.exit(0);
  } catch (cause) {
    log('error', 'containers of the stack are left', { cause });
    process.exit(1);
  }
}

async function keep(): Promise<void> {
  makeFolders(paths.runtimeDir);
  const server = await listenForOrders(containersSocket(paths), (order) => keeper.take(order));
  const keeper = startKeeper({
    engine,
    records: openRecords(join(paths.stateDir, 'containers')),
    hash: paths.hash,
    logsDir: paths.logsDir,
    tell: server.tell,
  });
  log('info', 'keeper of containers started', { socketPath, pid: process.pid });
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.once(name, () => {
      keeper.stop();
      server.close();
      engine.close();
      // The followers note how far they came.
      setImmediate(() => process.exit(0));
    });
}
