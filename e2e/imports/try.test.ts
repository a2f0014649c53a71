/** `fettle try` beside programs that a shell runs, as somebody else would: seen, and left alone. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { eventually, freePort, tempStack, type TempStack } from '@fettle/cli/temp-stack.contract';

type Tried = Readonly<{
  name: string;
  manager: string;
  state: string;
  why: string | null;
  pids: readonly number[];
  ports: readonly Readonly<{ port: number; path: string | null; status: number | null }>[];
  links: readonly Readonly<{ to: string; state: string; variable: string | null }>[];
  suggestions: readonly string[];
}>;

const back = `
const { createServer } = require('node:http');
createServer((request, response) => response.end('ok')).listen(process.env.PORT, '127.0.0.1');
`;
/** Keeps a connection to the other open, and fails its page. */
const front = `
const { connect } = require('node:net');
const { createServer } = require('node:http');
connect(process.env.BACK, '127.0.0.1').on('error', () => undefined).setKeepAlive(true);
createServer((request, response) => {
  response.statusCode = 503;
  response.end();
}).listen(process.env.PORT, '127.0.0.1');
`;

let running: ChildProcess | null = null;
let stack: TempStack;
afterEach(async () => {
  // Its whole group, the stopped too.
  if (running?.pid !== undefined) process.kill(-running.pid, 'SIGKILL');
  running = null;
  await stack.remove();
});

test('finds what runs, links, why and suggestions; owns and changes nothing', async () => {
  stack = tempStack({ 'back.cjs': back, 'front.cjs': front });
  const [one, two, nobody] = [await freePort(), await freePort(), await freePort()];
  const script = `PORT=${one} node back.cjs & PORT=${two} BACK=${one} node front.cjs; wait`;
  const env = { ...stack.env, CACHE_URL: `redis://me:s3cret@localhost:${nobody}/0` };
  running = spawn('/bin/sh', ['-c', script], {
    cwd: stack.dir,
    env,
    detached: true,
    stdio: 'ignore',
  });
  const look = async (): Promise<readonly Tried[]> => {
    const { stdout } = await stack.fettle('try', '--json');
    return (JSON.parse(stdout) as { services: readonly Tried[] }).services;
  };
  const all = await eventually(look, (services) =>
    services.some(({ ports }) => ports.some(({ port, status }) => port === two && status === 503)),
  );
  const listens = (port: number) => all.find(({ ports }) => ports.some((at) => at.port === port));
  expect(listens(two)).toMatchObject({ manager: 'nobody', state: 'degraded' });
  expect(listens(two)?.links).toContainEqual(
    expect.objectContaining({ state: 'nobody listens', variable: 'CACHE_URL' }),
  );
  expect(JSON.stringify(all)).not.toContain('s3cret');
  expect(all.flatMap(({ suggestions }) => suggestions)).toContain(
    'nobody starts it again when it dies',
  );

  const pid = Number(listens(one)?.pids[0]);
  process.kill(-running.pid!, 'SIGSTOP');
  const stopped = await look();
  expect(stopped.find(({ pids }) => pids.includes(pid))).toMatchObject({
    state: 'failing',
    why: expect.stringContaining('stopped by a signal'),
  });
  expect((await stack.fettle('try', '--exit-code', '--no-probe')).code).toBe(3);
  expect(existsSync(join(stack.dir, '.fettle'))).toBe(false);
  process.kill(-running.pid!, 'SIGCONT');
});
