/** The keeper of containers as a service like any other: there when the stack has a container. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Service } from '@fettle/core/stack/service';
import type { StatePaths } from '@fettle/sdk/daemon/paths';
import { controllerService } from './controller-service.ts';
import { log } from './own-log.ts';

export const keeperName = '@containers';

/** It mostly waits: a small nursery and one helper thread for garbage. */
const keeperFlags = ['--max-semi-space-size=1', '--single-threaded-gc', '--no-opt'];
/** Containers are given ten seconds to stop, all at once. */
const tidyMs = 30_000;

/** The keeper's built main.js, wherever we run from: bundle, build or sources. */
export function keeperMain(controllerPath: string | null): string | null {
  const near = ['../../', '../../../'].map((up) =>
    fileURLToPath(new URL(`${up}containers/dist/main.js`, import.meta.url)),
  );
  const beside = controllerPath?.replace(/\/controller\/dist\//, '/containers/dist/');
  return [...(beside === undefined ? [] : [beside]), ...near].find(existsSync) ?? null;
}

export function keeperService(paths: StatePaths, main: string): Service {
  const service = controllerService(paths, main);
  return {
    ...service,
    name: keeperName,
    command: [process.execPath, ...keeperFlags, main],
    port: null,
    stopGraceMs: 2_000,
  };
}

/** Ends when the engine holds nothing of the stack any more, or cannot be asked. */
export function tidyContainers(paths: StatePaths, main: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const child = spawn(process.execPath, [...keeperFlags, main, '--tidy'], {
    cwd: paths.stackDir,
    env: { ...process.env, FETTLE_STACK_DIR: paths.stackDir },
    stdio: ['ignore', 'ignore', 2],
    timeout: tidyMs,
  });
  child.once('error', (cause) => {
    log('warn', 'containers of the stack are left', { cause });
    resolve();
  });
  child.once('exit', () => resolve());
  return promise;
}
