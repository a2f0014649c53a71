/**
 * The controller's process: reads its surroundings, builds every adapter, and ends on SIGTERM within
 * a second. `main.ts` starts it.
 *
 * Started by the supervisor with FETTLE_STATE_DIR and FETTLE_STACK_DIR; `--stack-dir`, `--host`,
 * `--port` do the same by hand. A mistake of ours ends the process: services do not notice, and the
 * supervisor starts the next one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeUtil } from '@fettle/sdk/builtin';
import { statePaths } from '@fettle/sdk/daemon/paths';
import { FettleError } from '@fettle/sdk/fettle-error';
import { buildParts } from './build-parts.ts';
import { startController, type Controller, type ControllerOptions } from './controller.ts';
import { createOwnLog } from './own-log.ts';

const stopMs = 900;
const log = createOwnLog(process.env['FETTLE_LOG_LEVEL'] ?? 'info');

/** @throws FettleError E-CONTROLLER-ARGS */
function readOptions(): ControllerOptions {
  const { values } = nodeUtil().parseArgs({
    options: {
      'stack-dir': { type: 'string' },
      host: { type: 'string' },
      port: { type: 'string' },
    },
  });
  const { env } = process;
  const stateDir = env['FETTLE_STATE_DIR'];
  const stackDir =
    values['stack-dir'] ??
    env['FETTLE_STACK_DIR'] ??
    (stateDir === undefined ? null : dirname(stateDir));
  if (stackDir === null)
    throw new FettleError('E-CONTROLLER-ARGS', 'the folder of the stack is not told', {
      hint: 'set FETTLE_STACK_DIR or pass --stack-dir; usually `fettle up` starts the controller',
      exitCode: 2,
    });
  const port = Number(values.port ?? env['FETTLE_PORT'] ?? env['PORT'] ?? '0');
  return {
    paths: statePaths(stackDir),
    host: values.host ?? env['FETTLE_HOST'] ?? '127.0.0.1',
    port: Number.isInteger(port) && port > 0 && port < 65_536 ? port : null,
    allowedHosts: (env['FETTLE_ALLOWED_HOSTS'] ?? '').split(',').filter((name) => name !== ''),
    version: ownVersion(),
    dashboardDir: dashboardDir(),
    log,
    buildParts,
  };
}

function ownVersion(): string {
  const path = fileURLToPath(new URL('../package.json', import.meta.url));
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
  return version;
}

function dashboardDir(): string | null {
  const path = fileURLToPath(new URL('../../dashboard/dist', import.meta.url));
  return existsSync(path) ? path : null;
}

function fail(error: unknown, message: string): never {
  log.fatal({ err: error }, message);
  process.exit(1);
}

async function stop(controller: Controller): Promise<void> {
  setTimeout(() => process.exit(0), stopMs).unref();
  await controller.stop();
  process.exit(0);
}

process.on('uncaughtException', (error) => fail(error, 'uncaught error'));
process.on('unhandledRejection', (error) => fail(error, 'unhandled rejection'));
try {
  const controller = await startController(readOptions());
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.once(
      name,
      () => void stop(controller).catch((error) => fail(error, 'stopping failed')),
    );
} catch (error) {
  fail(error, 'the controller cannot start');
}
