import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fettleIn } from '../live-shop.ts';
import { playRound } from './collisions.ts';

test('two stacks that want the same ports get each their own', async () => {
  for (const round of [1, 2, 3]) {
    const result = await playRound(round);
    expect(result).toMatchObject({ collisions: 0 });
    expect(result.moved).toBeGreaterThan(0);
  }
});

test('services that do not listen where they are told do collide', async () => {
  expect((await playRound(1, true)).collisions).toBeGreaterThan(0);
});

type Daemon = Readonly<{ socket: string }>;
type Stacks = Readonly<{
  stacks: readonly Readonly<{ stack: string; dir: string; health: string; url: string }>[];
}>;

let root: string;
const dirs = (): readonly string[] => ['one', 'two'].map((name) => join(root, name));

beforeAll(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'fettle-several-')));
  for (const dir of dirs()) {
    mkdirSync(dir);
    writeFileSync(join(dir, 'fettle.yaml'), 'services: { web: { command: sleep 1000 } }\n');
  }
  await Promise.all(dirs().map((dir) => fettleIn(dir, ['up', '-d', '--wait'])));
});
afterAll(async () => {
  await Promise.all(dirs().map((dir) => fettleIn(dir, ['down'])));
  rmSync(root, { recursive: true, force: true });
});

async function listed() {
  const { stdout } = await fettleIn(root, ['ls', '--json']);
  return (JSON.parse(stdout) as Stacks).stacks.filter(({ dir }) => dir.startsWith(root));
}

test('ls lists all of them, each with its own page, from any folder', async () => {
  const stacks = await listed();
  expect(stacks.map(({ stack, health }) => [stack, health])).toEqual([
    ['one', 'healthy'],
    ['two', 'healthy'],
  ]);
  expect(new Set(stacks.map(({ url }) => url)).size).toBe(2);
});

test('a stack whose controller is away is listed as unknown', async () => {
  const dir = join(root, 'two');
  const { socket } = JSON.parse(readFileSync(join(dir, '.fettle/daemon.json'), 'utf8')) as Daemon;
  renameSync(socket, `${socket}.away`);
  try {
    expect((await listed()).map(({ health }) => health)).toEqual(['healthy', 'unknown']);
  } finally {
    renameSync(`${socket}.away`, socket);
  }
});
