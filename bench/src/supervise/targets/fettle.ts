/** Fettle itself, through its CLI, as a user starts it. */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { recordedPids } from '@fettle/sdk/daemon/birth-record';
import { livePaths } from '@fettle/sdk/daemon/paths';
import { connectSupervisor } from '@fettle/sdk/daemon/supervisor-client';
import { serviceCommand, type Target, type Workload } from '../target.ts';

const launcher = fileURLToPath(new URL('../../../../fettle', import.meta.url));
const run = promisify(execFile);

function config(workload: Workload): string {
  const services = Array.from({ length: workload.count }, (_none, index) => [
    `s${index}`,
    { command: serviceCommand(workload, index).map((word) => word.replaceAll('$', '$$$$')) },
  ]);
  return JSON.stringify({ name: 'bench', services: Object.fromEntries(services) });
}

type Daemon = Readonly<{ supervisorPid: number; controllerPid: number | null }>;

function daemon(dir: string): Daemon {
  return JSON.parse(readFileSync(join(dir, '.fettle', 'daemon.json'), 'utf8')) as Daemon;
}

/** Parents of the service processes: the shims. */
function shimPids(dir: string): readonly number[] {
  return recordedPids(join(dir, '.fettle', 'runs')).flatMap((pid) => {
    try {
      return [Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1])];
    } catch {
      return [];
    }
  });
}

/** Asks the running daemon directly, as the floor is asked by a signal. */
async function startThroughSocket(dir: string, services: readonly string[]): Promise<void> {
  const { supervisorSocket } = livePaths(dir);
  const client = await connectSupervisor({ socketPath: () => supervisorSocket, client: 'bench' });
  await client.request({ kind: 'command', command: 'start', services, actor: 'bench' });
  client.close();
}

export const fettle: Target = {
  name: 'fettle',
  installed: () => spawnSync(launcher, ['version']).status === 0,
  async start(workload) {
    writeFileSync(join(workload.dir, 'fettle.json'), config(workload));
    const names = Array.from({ length: workload.count }, (_none, index) => `s${index}`);
    await run(launcher, ['-C', workload.dir, 'up', '-d']);
    return {
      daemons: () => {
        const { supervisorPid, controllerPid } = daemon(workload.dir);
        return controllerPid === null ? [supervisorPid] : [supervisorPid, controllerPid];
      },
      shims: () => shimPids(workload.dir),
      services: {
        stop: async () => void (await run(launcher, ['-C', workload.dir, 'stop', ...names])),
        start: () => startThroughSocket(workload.dir, names),
      },
      async stop() {
        await run(launcher, ['-C', workload.dir, 'down']);
      },
    };
  },
};
