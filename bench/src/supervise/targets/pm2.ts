/** PM2, where it is on the PATH, with its own home so that it meets nobody's processes. */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serviceCommand, type Target } from '../target.ts';

const run = promisify(execFile);

export const pm2: Target = {
  name: 'PM2',
  installed: () =>
    spawnSync('pm2', ['--version'], { env: { ...process.env, PM2_HOME: '/tmp/none' } }).status ===
    0,
  async start(workload) {
    const env = { ...process.env, PM2_HOME: join(workload.dir, 'pm2') };
    const apps = Array.from({ length: workload.count }, (_none, index) => {
      const [script = '', ...args] = serviceCommand(workload, index);
      return { name: `s${index}`, script, args, interpreter: 'none', min_uptime: 0 };
    });
    const file = join(workload.dir, 'ecosystem.config.json');
    writeFileSync(file, JSON.stringify({ apps }));
    await run('pm2', ['start', file, '--silent'], { env, maxBuffer: 1e8 });
    const daemon = () => Number(readFileSync(join(workload.dir, 'pm2', 'pm2.pid'), 'utf8'));
    return {
      daemons: () => [daemon()],
      shims: () => [],
      services: null,
      async stop() {
        await run('pm2', ['kill', '--silent'], { env, maxBuffer: 1e8 });
      },
    };
  },
};
