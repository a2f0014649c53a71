/** The floor: a bare Node program that spawns, and spawns again when a child ends. No promises kept. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceCommand, type Target } from '../target.ts';

const program = `
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
const commands = JSON.parse(readFileSync(process.argv[2], 'utf8'));
let stopping = false;
const children = new Set();
const start = ([file, ...args]) => {
  const child = spawn(file, args, { detached: true, stdio: 'ignore' });
  children.add(child);
  child.on('exit', () => { children.delete(child); if (!stopping) start([file, ...args]); else if (children.size === 0) process.exit(0); });
};
process.on('SIGTERM', () => { stopping = true; for (const child of children) process.kill(-child.pid, 'SIGTERM'); });
commands.forEach(start);
`;

export const floor: Target = {
  name: 'bare Node spawn',
  installed: () => true,
  async start(workload) {
    const file = join(workload.dir, 'floor.mjs');
    const commands = join(workload.dir, 'commands.json');
    writeFileSync(file, program);
    const list = Array.from({ length: workload.count }, (_none, index) =>
      serviceCommand(workload, index),
    );
    writeFileSync(commands, JSON.stringify(list));
    const child = spawn(process.execPath, [file, commands], { stdio: 'ignore' });
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
