/** The disk of the state folder is full: what runs goes on, and people can still ask. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { isLive, readProcessStat } from '@fettle/proc/process-stat';
import { statePaths } from '@fettle/sdk/daemon/paths';
import { roughStack, until, type RoughStack } from './rough-stack.ts';

const controller = fileURLToPath(
  new URL('../../packages/controller/dist/main.js', import.meta.url),
);

test('the controller lives on when its own log cannot be written', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-dev-full-'));
  const env = { ...process.env, XDG_RUNTIME_DIR: dir };
  const { controllerSocket: socketPath } = statePaths(dir, env);
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [controller, '--stack-dir', dir], {
    env,
    stdio: ['ignore', full, full],
  });
  closeSync(full);
  try {
    const ask = (): Promise<number> =>
      new Promise((resolve) => {
        const asked = request({ socketPath, path: '/livez' }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        });
        asked.once('error', () => resolve(child.exitCode === null ? 0 : -child.exitCode));
        asked.end();
      });
    expect(await until(ask, (status) => status !== 0)).toBe(200);
  } finally {
    const ended = once(child, 'exit');
    if (child.exitCode === null) {
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(dir, { recursive: true, force: true });
  }
});

const mayMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0;
let stack: RoughStack | null = null;
afterEach(async () => {
  if (stack === null) return;
  const { dir } = stack;
  await stack.fettle('down');
  spawnSync('umount', ['-l', dir]);
  expect(await stack.remove()).toEqual([]);
  stack = null;
});

const talker = `setInterval(() => console.log('tick'), 20)`;
const config = `name: full
services:
  quiet: {command: sleep 1000}
  talker: {command: node talker.js, health: {exec: ["true"], interval: 1s}}
`;

/** A disk of 3 MB below the stack's folder. */
function onSmallDisk(): RoughStack {
  const made = roughStack({});
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', made.dir]);
  expect(mounted.status).toBe(0);
  made.write('fettle.yaml', config);
  made.write('talker.js', talker);
  return made;
}

const fill = ({ dir }: RoughStack): unknown =>
  spawnSync('sh', ['-c', `cat /dev/zero >"$0"`, join(dir, 'ballast')]);

test.skipIf(!mayMount)(
  'a full disk (tmpfs, needs root) stops neither services nor answers',
  async () => {
    stack = onSmallDisk();
    const disk = stack;
    expect((await disk.fettle('up', '-d', '--wait')).code).toBe(0);
    const { pid } = await disk.service('quiet');
    fill(disk);
    process.kill((await disk.service('talker')).pid ?? 0, 'SIGKILL');
    process.kill(disk.controllerPid(), 'SIGKILL');
    // Its pid, too: the record of it cannot be written, so that the shim's child is looked for.
    await until(
      () => disk.service('talker'),
      ({ state, restarts, pid: now }) =>
        state === 'ok' && restarts > 0 && now !== null && isLive(readProcessStat(now)),
    );
    expect((await disk.service('quiet')).pid).toBe(pid);
    const up = await disk.fettle('up', '-d');
    expect([up.code, up.err]).toEqual([1, expect.stringMatching(/E-STATE-WRITE.*\n.*Free room/)]);
    expect((await disk.service('quiet')).pid).toBe(pid);
    rmSync(join(disk.dir, 'ballast'));
    expect((await disk.fettle('up', '-d', '--wait')).code).toBe(0);
    expect((await disk.service('quiet')).pid).toBe(pid);
  },
);

test.skipIf(!mayMount)(
  'up on a full disk (tmpfs, needs root) says so and starts nothing',
  async () => {
    stack = onSmallDisk();
    fill(stack);
    const up = await stack.fettle('up', '-d');
    expect([up.code, up.err]).toEqual([
      1,
      expect.stringMatching(/E-STATE-FOLDER.*\n.*free some room/),
    ]);
    expect(stack.living()).toEqual([]);
    writeFileSync(join(stack.dir, 'ballast'), '');
    expect(readFileSync(join(stack.dir, 'ballast')).length).toBe(0);
  },
);
