/** The floor: a bare Node program that spawns, and spawns again when a child ends. No promises kept. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { serviceCommand, type Target } from '../target.ts';

const program = `
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
const commands = JSON.parse(readFileSync(process.argv[2], 'utf8'));
let stopping = false;
let paused = false;
const children = new Set();
const start = ([file, ...args]) => {
  const child = spawn(file, args, { detached: true, stdio: 'ignore' });
  children.add(child);
  child.on('exit', () => { children.delete(child); if (paused && !stopping) return; if (!stopping) start([file, ...args]); else if (children.size === 0) process.exit(0); });
};
const endAll = () => { for (const child of children) process.kill(-child.pid, 'SIGTERM'); };
process.on('SIGHUP', () => { paused = true; endAll(); });
process.on('SIGUSR2', () => { paused = false; commands.forEach(start); });
process.on('SIGTERM', () => { stopping = true; if (children.size === 0) process.exit(0); endAll(); });
commands.forEach(start);
setInterval(() => {}, 60_000);
`;

async function untilGone(parent: number): Promise<void> {
  const children = `/proc/${parent}/task/${parent}/children`;
  while (readFileSync(children, 'utf8').trim() !== '') await pause(20);
}

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
      services: {
        stop: () => (child.kill('SIGHUP'), untilGone(child.pid ?? 0)),
        start: () => (child.kill('SIGUSR2'), Promise.resolve()),
      },
      async stop() {
        child.kill('SIGTERM');
        await once(child, 'exit');
      },
    };
  },
};
