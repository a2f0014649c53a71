/** `fettle run` and `fettle exec` on real services of a real daemon. */
import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { roughStack, until, type RoughStack } from '../robustness/rough-stack.ts';

let stack: RoughStack;
afterEach(async () => expect(await stack.remove()).toEqual([]));

const listener = `import { createServer } from 'node:http';
createServer((_, response) => response.end('ok')).listen(process.env.PORT, process.env.HOST);
`;
const shop = `name: shop
services:
  db: {command: node db.mjs, port: auto, health: {http: /, start_interval: 50ms}}
  cache: {command: sleep 1002}
  api:
    command: sleep 1000
    working_dir: api
    environment: {GREETING: 'hello you', PLACE: here}
    depends_on: {db: {condition: service_healthy}}
  far: {external: true, url: 'http://127.0.0.1:1'}
`;

async function shopStack(): Promise<RoughStack> {
  const made = roughStack({ 'db.mjs': listener, 'fettle.yaml': shop });
  made.makeFolder('api');
  return made;
}

test('run brings up what the service needs, tells where it is, and passes streams and code on', async () => {
  stack = await shopStack();
  const asked = stack.start([
    'run',
    'api',
    '--',
    'sh',
    '-c',
    'cat; echo "$GREETING in $PWD"; curl -s "$DB_URL" || node -e "fetch(process.env.DB_URL).then(async (r) => console.log(await r.text()))"; exit 7',
  ]);
  asked.child.stdin?.end('typed\n');
  const { code, out, err } = await asked.ended;
  expect([code, out.split('\n')[0], out.split('\n')[1]]).toEqual([
    7,
    'typed',
    `hello you in ${stack.dir}/api`,
  ]);
  expect(out).toContain('ok');
  expect(err).toContain('what it needs runs on: fettle');
  const { services } = await stack.status();
  expect(services.map(({ name, state }) => [name, state])).toEqual([['db', 'ok']]);
});

test('run leaves a running stack as it is, and a port that it needs is its own', async () => {
  stack = await shopStack();
  await stack.fettle('up', '-d', '--wait', 'db', 'cache');
  const before = await stack.service('cache');
  stack.write('fettle.yaml', shop.replace('sleep 1002', 'sleep 1003'));
  const { code, out } = await stack.fettle(
    'run',
    '--json',
    '-e',
    'PLACE=there',
    'db',
    '--',
    'sh',
    '-c',
    'exit 0',
  );
  expect([code, JSON.parse(out)]).toMatchObject([
    0,
    { schema: 'fettle.run/v1', service: 'db', exitCode: 0, posixSignal: null, dependencies: [] },
  ]);
  const port = await stack.fettle('run', 'db', '--', 'printenv', 'PORT');
  expect(Number(port.out)).not.toBe((await stack.service('db')).port);
  expect(Number(port.out)).toBeGreaterThan(0);
  expect((await stack.service('cache')).pid).toBe(before.pid);
});

test('run says what it cannot do, with the exit codes of a shell', async () => {
  stack = await shopStack();
  const cases: readonly (readonly [number, string, readonly string[]])[] = [
    [127, 'E-RUN-COMMAND', ['run', '--no-deps', 'api', '--', 'nosuchprogram']],
    [126, 'E-RUN-COMMAND', ['run', '--no-deps', 'api', '--', './']],
    [2, 'E-RUN-EXTERNAL', ['run', 'far', '--', 'true']],
    [2, 'E-SERVICE-UNKNOWN', ['run', 'apo', '--', 'true']],
    [2, 'E-USAGE', ['run', '-e', 'x', 'api', '--', 'true']],
    [2, 'E-USAGE', ['exec', 'api']],
    [4, 'E-DAEMON-UNREACHABLE', ['exec', 'api', '--', 'true']],
    [143, '', ['run', '--no-deps', 'api', '--', 'sh', '-c', 'kill -TERM $$']],
  ];
  for (const [code, error, words] of cases) {
    const ended = await stack.fettle(...words);
    expect([ended.code, /E-[A-Z-]+/.exec(ended.err)?.[0] ?? '', words.join(' ')]).toEqual([
      code,
      error,
      words.join(' '),
    ]);
  }
});

test('a dependency that fails keeps the command from running', async () => {
  stack = roughStack({
    'fettle.yaml': `services:
  seed: {command: "sh -c 'exit 3'", restart: 'no'}
  api: {command: sleep 1000, depends_on: {seed: {condition: service_completed_successfully}}}
`,
  });
  const { code, out, err } = await stack.fettle('run', 'api', '--', 'echo', 'ran');
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain('api needs seed (service_completed_successfully), which does not run');
});

test('SIGTERM and a first SIGINT go to the command, and its answer is ours', async () => {
  stack = await shopStack();
  const trap = `trap 'echo int; exit 9' INT; trap 'echo term; exit 8' TERM; echo up; while :; do sleep 0.05; done`;
  const ends: unknown[] = [];
  for (const posixSignal of ['SIGINT', 'SIGTERM'] as const) {
    const asked = stack.start(['run', '--no-deps', 'api', '--', 'sh', '-c', trap]);
    await until(asked.said, (said) => said.includes('up'));
    asked.child.kill(posixSignal);
    const { code, out } = await asked.ended;
    ends.push([code, out]);
  }
  expect(ends).toEqual([
    [9, 'up\nint\n'],
    [8, 'up\nterm\n'],
  ]);
});

test('exec runs beside the live instance, with what that was started with', async () => {
  stack = await shopStack();
  await stack.fettle('up', '-d', '--wait', 'api');
  // The edit is for the next start; the instance still has the old value.
  stack.write('fettle.yaml', shop.replace('hello you', 'good bye'));
  const asked = stack.start([
    'exec',
    'api',
    '--',
    'sh',
    '-c',
    'cat; echo "$GREETING $FETTLE_INSTANCE"; pwd; exit 5',
  ]);
  asked.child.stdin?.end('typed\n');
  const { code, out } = await asked.ended;
  expect([code, out]).toEqual([5, `typed\nhello you api.1\n${stack.dir}/api\n`]);
  const document = await stack.fettle('exec', '--json', 'api.1', '--', 'sh', '-c', 'echo data');
  expect([JSON.parse(document.out), document.err.trim()]).toMatchObject([
    { schema: 'fettle.exec/v1', service: 'api', instance: 'api.1', exitCode: 0 },
    'data',
  ]);
  await stack.fettle('stop', 'api');
  const late = await stack.fettle('exec', 'api', '--', 'true');
  expect([late.code, late.err]).toMatchObject([3, expect.stringContaining('E-EXEC-STOPPED')]);
});

/** Some containers forbid it, and nothing can be entered that cannot be made. */
const mayUnshare = spawnSync('/bin/sh', ['-c', 'unshare -r --net true']).status === 0;

test.skipIf(!mayUnshare)('exec goes into the namespaces of the instance', async () => {
  stack = roughStack({
    'fettle.yaml': `services:
  box: {command: unshare -r --net --uts sh -c 'hostname inside; exec sleep 1004'}
`,
  });
  const up = await stack.fettle('up', '-d', '--wait');
  expect(up.code).toBe(0);
  const { code, out } = await until(
    () => stack.fettle('exec', 'box', '--', 'sh', '-c', 'hostname; readlink /proc/self/ns/net'),
    (ended) => ended.out.startsWith('inside'),
  );
  const { pid } = await stack.service('box');
  expect([code, out.trim().split('\n').at(-1)]).toEqual([0, readlinkSync(`/proc/${pid}/ns/net`)]);
});
