/** The controller as a service like any other: restarted always, adopted, stopped last. */
import type { Service } from '@fettle/core/stack/service';
import type { StatePaths } from '@fettle/sdk/daemon/paths';

export const controllerName = '@controller';
export const controllerInstance = `${controllerName}.1`;

/**
 * It works for milliseconds and rests for seconds: V8 would take each rest for an occasion to
 * collect all garbage and to shrink the nursery, and pay for both with the next work (500 services:
 * a tenth of a second of CPU a minute, half of what the controller used; Node 24.21).
 */
const controllerFlags = ['--no-memory-reducer', '--min-semi-space-size=1', '--single-threaded-gc'];

/** The API's first choice of port and where it looks next. */
const apiPorts = { from: 7_700, to: 7_799 };

export function controllerService(paths: StatePaths, controllerPath: string): Service {
  return {
    name: controllerName,
    command: [process.execPath, ...controllerFlags, controllerPath],
    workingDir: paths.stackDir,
    environment: { FETTLE_STATE_DIR: paths.stateDir, FETTLE_STACK_DIR: paths.stackDir },
    dependsOn: [],
    restart: 'always',
    oneShot: false,
    rerun: 'safe',
    intensity: { count: 10, periodMs: 60_000, backoff: { baseMs: 100, maxMs: 2_000 } },
    replicas: 1,
    minReplicas: 1,
    maxReplicas: 1,
    port: { preferred: [apiPorts], host: '127.0.0.1', fallback: true },
    portClass: null,
    healthChecks: [],
    stopSignal: 'SIGTERM',
    stopGraceMs: 5_000,
    limits: { memoryBytes: null, cpus: null, openFiles: null, processes: null },
    templates: [],
    required: true,
    external: false,
    externalUrl: null,
    labels: {},
    place: { file: 'fettle', line: 1, column: 1 },
  };
}
