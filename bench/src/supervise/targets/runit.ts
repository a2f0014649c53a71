/** runit's `runsvdir`, where Debian's package is installed: one `runsv` per service. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceCommand, type Target } from '../target.ts';

function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return (
          Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]) === pid
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

export const runit: Target = {
  name: 'runit',
  installed: () => spawnSync('sh', ['-c', 'command -v runsvdir']).status === 0,
  async start(workload) {
    const services = join(workload.dir, 'service');
    for (let index = 0; index < workload.count; index += 1) {
      mkdirSync(join(services, `s${index}`), { recursive: true });
      const file = join(services, `s${index}`, 'run');
      writeFileSync(file, `#!/bin/sh\n${serviceCommand(workload, index)[2]}\n`);
      chmodSync(file, 0o755);
    }
    const child = spawn('runsvdir', [services], { stdio: 'ignore' });
    await once(child, 'spawn');
    return {
      daemons: () => [child.pid ?? 0],
      shims: () => childrenOf(child.pid ?? 0),
      services: null,
      async stop() {
        child.kill('SIGHUP');
        await once(child, 'exit');
      },
    };
  },
};
