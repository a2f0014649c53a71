/**
 * The supervisor process (`main.ts` starts it): keeps a stack's processes as wanted, and the controller with them.
 *
 * `down` ends everything. SIGTERM and SIGINT end this process only: the services run on and the
 * next daemon adopts them, as after a crash of ours.
 */
import { statePaths } from '@fettle/sdk/daemon/paths';
import { FettleError } from '@fettle/sdk/fettle-error';
import { parseArguments } from './arguments.ts';
import { startDaemon } from './daemon.ts';
import { log } from './own-log.ts';
import { takeServiceManager, toldToLeave } from './service-manager.ts';

/** sysexits(3) EX_SOFTWARE: our own mistake. */
const internalError = 70;

function refusePidOne(): void {
  if (process.pid !== 1) return;
  throw new FettleError('E-PID-ONE', 'the supervisor is pid 1, which must collect dead processes', {
    hint: 'Start the container with an init (docker run --init, or tini as its entry point).',
  });
}

async function start(version: string): Promise<void> {
  refusePidOne();
  const { stackDir, controllerPath, ending } = parseArguments(process.argv.slice(2));
  const manager = takeServiceManager(process.env);
  const daemon = await startDaemon({
    paths: statePaths(stackDir),
    controllerPath,
    ending,
    version,
    // One turn of the loop, so that the last notices reach the clients.
    onHalt: () => {
      setImmediate(() => {
        manager?.stop();
        daemon.leave();
        process.exit(0);
      });
    },
  });
  for (const posixSignal of ['SIGTERM', 'SIGINT'] as const)
    process.on(posixSignal, () => {
      log('info', 'supervisor ends: services run on', { posixSignal });
      manager?.stop();
      daemon.leave();
      process.exit(manager === null ? 0 : toldToLeave);
    });
  manager?.ready(`keeps the stack in ${stackDir}`);
}

/** Never returns to the caller's concern: what goes wrong ends the process with its exit code. */
export function main(version: string): void {
  process.on('SIGHUP', () => log('info', 'SIGHUP ignored'));
  process.on('uncaughtException', (cause) => {
    log('error', 'uncaught exception: the supervisor ends, services run on', { cause });
    process.exit(internalError);
  });
  start(version).catch((error: unknown) => {
    if (error instanceof FettleError) {
      const { code, message, hint } = error;
      log('error', message, { code, hint });
      process.exit(error.exitCode);
    }
    log('error', 'the supervisor cannot start', { cause: error });
    process.exit(internalError);
  });
}
