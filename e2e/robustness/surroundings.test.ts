/** Odd folders and poor environments: Fettle works there, or says why it cannot. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { fettle, roughStack, type RoughStack } from './rough-stack.ts';

let stack: RoughStack;
afterEach(async () => expect(await stack.remove()).toEqual([]));

const one = `name: odd
services:
  a: {command: sleep 1000, working_dir: sub}
`;
const pidOf = async (): Promise<number | null> => (await stack.service('a')).pid;

function odd(place: Parameters<typeof roughStack>[1] = {}): RoughStack {
  stack = roughStack({ 'fettle.yaml': one }, place);
  mkdirSync(join(stack.dir, 'sub'));
  return stack;
}

test('a folder whose name has spaces, quotes and other alphabets is a folder like others', async () => {
  odd({ folder: `it's "odd" ünï ☃ $HOME` });
  expect((await stack.fettle('up', '-d', '--wait')).code).toBe(0);
  expect(await pidOf()).not.toBe(null);
});

test('a path too long for a socket is no trouble', async () => {
  odd({ folder: join('x'.repeat(100), 'y'.repeat(100)) });
  expect((await stack.fettle('up', '-d', '--wait')).code).toBe(0);
});

test('through a symlink it is the same stack, and nothing changed', async () => {
  odd();
  await stack.fettle('up', '-d', '--wait');
  const pid = await pidOf();
  const link = join(stack.dir, '..', 'link');
  symlinkSync(stack.dir, link);
  const up = await stack.start(['-C', link, 'up', '-d', '--wait']).ended;
  expect(up.err).toContain('nothing changed');
  expect(await pidOf()).toBe(pid);
  const file = join(link, 'fettle.yaml');
  expect((await stack.start(['-f', file, 'up', '-d']).ended).err).toContain('nothing changed');
});

test('the launcher needs no PATH and no HOME, also through a symlink', () => {
  odd();
  const folder = mkdtempSync(join(tmpdir(), 'fettle-link-'));
  try {
    const link = join(folder, 'fettle');
    symlinkSync(fettle, link);
    const plain = spawnSync('/bin/sh', [fettle, '--version'], { env: { PATH: '' } });
    const linked = spawnSync(link, ['--version']);
    expect([plain.status, linked.status]).toEqual([0, 0]);
    expect(String(plain.stdout)).toMatch(/^\d+\.\d+/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a program that is not there for want of a PATH is a sentence, not a riddle', async () => {
  odd({ env: { PATH: '/nowhere', HOME: undefined } });
  const up = await stack.fettle('up', '-d');
  expect([up.code, up.err]).toEqual([1, expect.stringContaining('sleep not found')]);
});

test('64 open files are few: it works and warns', async () => {
  odd();
  const command = `ulimit -n 64; exec "$0" "$@"`;
  const words = ['-c', command, fettle, '-C', stack.dir, 'up', '-d', '--wait'];
  const env = { ...process.env, XDG_RUNTIME_DIR: join(stack.dir, '..', 'run') };
  const up = spawnSync('/bin/sh', words, { env, encoding: 'utf8' });
  expect([up.status, up.stderr]).toEqual([0, expect.stringContaining('W-HANDLES')]);
});

/** `nobody`, as on all Linux systems. */
const stranger = 65_534;
const mayChange = process.getuid?.() === 0;
const reachable = (): boolean =>
  spawnSync(fettle, ['--version'], { uid: stranger, gid: stranger }).status === 0;

test.skipIf(!mayChange)('the stack of another user (needs root) is said to be theirs', async () => {
  odd();
  await stack.fettle('up', '-d', '--wait');
  chmodSync(join(stack.dir, '..'), 0o755);
  if (!reachable()) return;
  for (const verb of ['status', 'down', 'logs']) {
    const words = ['-C', stack.dir, verb];
    const ran = spawnSync(fettle, words, { uid: stranger, gid: stranger, encoding: 'utf8' });
    expect([ran.status, ran.stderr]).toEqual([4, expect.stringContaining('error[E-STATE-OWNER]')]);
  }
  expect((await stack.service('a')).state).toBe('ok');
});
