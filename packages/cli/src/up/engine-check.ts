/** Before anything is started: is there an engine for the services that are containers? */
import { createConnection } from 'node:net';
import type { Stack } from '@fettle/core/stack/service';
import { engineSockets, findEngineSocket } from '@fettle/sdk/daemon/engine-socket';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { Session } from '../session.ts';
import { plural } from '../terminal/amount.ts';

const connectMs = 3_000;

/** @throws FettleError E-ENGINE-MISSING; nothing was started. */
export async function requireEngine(
  { env }: Pick<Session, 'env'>,
  stack: Stack,
  names: readonly string[],
): Promise<void> {
  const containers = stack.services
    .filter(({ name, container }) => container !== undefined && names.includes(name))
    .map(({ name }) => name);
  if (containers.length === 0) return;
  const trouble = await troubleWithEngine(env);
  if (trouble === null) return;
  const shown = containers.slice(0, 8).join(', ');
  const rest = containers.length > 8 ? ` and ${containers.length - 8} more` : '';
  const are = plural(containers.length, 'is a container', 'are containers');
  const message = `${shown}${rest} ${are.replace(/^\d+ /, '')}, and ${trouble.what}; nothing was started`;
  throw new FettleError('E-ENGINE-MISSING', message, {
    hint: `${trouble.hint} To use one that runs elsewhere, give the service \`external: true\` and a \`url\`.`,
    exitCode: 3,
  });
}

type Trouble = Readonly<{ what: string; hint: string }>;

async function troubleWithEngine(env: Session['env']): Promise<Trouble | null> {
  const asked = env['DOCKER_HOST'];
  const places = engineSockets(env);
  if (places.length === 0)
    return {
      what: `DOCKER_HOST is ${asked ?? ''}, which is no engine of this machine`,
      hint: 'Set it to unix:///path/of/docker.sock, or unset it.',
    };
  const socket = findEngineSocket(env);
  if (socket === null)
    return {
      what: `no container engine listens at ${places.join(' or ')}`,
      hint: 'Start it (systemctl start docker), install it (apt install docker.io), or set DOCKER_HOST.',
    };
  const code = await connectTo(socket);
  if (code === null) return null;
  if (code === 'EACCES' || code === 'EPERM')
    return {
      what: `you may not use the engine at ${socket}`,
      hint: 'Join its group (sudo usermod -aG docker $USER, then log in again), or use a rootless engine.',
    };
  return {
    what: `the engine at ${socket} does not answer (${code})`,
    hint: 'Start it: systemctl start docker.',
  };
}

/** null: it answers. */
function connectTo(path: string): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const socket = createConnection(path);
  socket.setTimeout(connectMs, () => {
    socket.destroy();
    resolve(`no answer in ${connectMs / 1_000} s`);
  });
  socket.once('connect', () => {
    socket.destroy();
    resolve(null);
  });
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  return promise;
}
