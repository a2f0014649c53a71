/** Where the local container engine listens: `DOCKER_HOST`, or the first usual place that exists. */
import { statSync } from 'node:fs';

/** Tried in this order; the first that is a socket is it. */
export function engineSockets(
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const asked = env['DOCKER_HOST'];
  if (asked !== undefined && asked !== '') {
    // Another machine's engine has other folders and another loopback.
    return asked.startsWith('unix://') ? [asked.slice('unix://'.length)] : [];
  }
  const runtime = env['XDG_RUNTIME_DIR'];
  const home = env['HOME'];
  return [
    '/var/run/docker.sock',
    ...(runtime === undefined ? [] : [`${runtime}/docker.sock`]),
    ...(home === undefined ? [] : [`${home}/.docker/run/docker.sock`]),
  ];
}

/** null: there is none. */
export function findEngineSocket(env: Readonly<Record<string, string | undefined>>): string | null {
  return engineSockets(env).find(isSocket) ?? null;
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}
