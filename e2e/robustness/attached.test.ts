/** `fettle up` in a terminal: Ctrl-C once and twice, a closed terminal, a daemon that dies. */
import { afterEach, expect, test } from 'vitest';
import { roughStack, until, type Running, type RoughStack } from './rough-stack.ts';

let stack: RoughStack;
afterEach(async () => expect(await stack.remove()).toEqual([]));

const slow = `trap 'sleep 30; exit 0' TERM; while :; do sleep 0.05; done`;
const plain = `name: attached
services:
  a: {command: sleep 1000}
`;
const withSlow = `${plain}  slow: {command: ["sh", "-c", "${slow}"], stop_grace_period: 60s}
`;

async function attached(config = plain): Promise<Running> {
  stack = roughStack({ 'fettle.yaml': config });
  const up = stack.start(['up']);
  await until(up.said, (text) => text.includes('following the logs'));
  return up;
}

test('a second Ctrl-C kills what the first one waits for, and nothing is left', async () => {
  const up = await attached(withSlow);
  up.child.kill('SIGINT');
  await until(up.said, (text) => text.includes('Ctrl-C again kills it at once'));
  await until(
    () => stack.living().length,
    (count) => count < 8,
  );
  up.child.kill('SIGINT');
  const { code, err } = await up.ended;
  expect([code, err]).toEqual([130, expect.stringContaining('everything is stopped')]);
  expect(stack.living()).toEqual([]);
});

test('a closed terminal stops nothing, and the journal says so', async () => {
  const up = await attached();
  const pid = (await stack.service('a')).pid;
  up.child.kill('SIGHUP');
  expect((await up.ended).code).toBe(129);
  expect((await stack.service('a')).pid).toBe(pid);
  await until(
    async () => (await stack.fettle('events')).out,
    (text) => text.includes('the terminal of an attached fettle up was closed'),
  );
});

test('when the daemon is killed, up says that services run on', async () => {
  const up = await attached();
  process.kill(stack.supervisorPid(), 'SIGKILL');
  const { err } = await up.ended;
  expect(err).toContain('your services run on');
});
