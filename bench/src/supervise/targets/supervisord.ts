/** supervisord, where Debian's package is installed. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceCommand, type Target } from '../target.ts';

export const supervisord: Target = {
  name: 'supervisord',
  installed: () => spawnSync('supervisord', ['--version']).status === 0,
  async start(workload) {
    const programs = Array.from({ length: workload.count }, (_none, index) => {
      const script = join(workload.dir, `s${index}.sh`);
      writeFileSync(script, `${serviceCommand(workload, index)[2]}\n`);
      return `[program:s${index}]\ncommand=/bin/sh ${script}\nautorestart=true\nstartsecs=0`;
    });
    const head = `[supervisord]\nnodaemon=true\nlogfile=${workload.dir}/supervisord.log\npidfile=${workload.dir}/supervisord.pid\nchildlogdir=${workload.dir}\nminfds=4096`;
    const file = join(workload.dir, 'supervisord.conf');
    writeFileSync(file, `${head}\n${programs.join('\n')}\n`);
    const child = spawn('supervisord', ['-c', file], { stdio: 'ignore' });
    await once(child, 'spawn');
    return {
      daemons: () => [child.pid ?? 0],
      shims: () => [],
      services: null,
      async stop() {
        child.kill('SIGTERM');
        await once(child, 'exit');
      },
    };
  },
};
