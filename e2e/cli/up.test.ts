/** The whole way: a config, `./fettle up`, real processes, and what the CLI says about them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import {
  eventually,
  freePort,
  holdPort,
  refusedScript,
  stubbornScript,
  tempStack,
  webScript,
  workerScript,
  type TempStack,
} from '@fettle/cli/temp-stack.contract';

const stacks: TempStack[] = [];
const releases: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stack of stacks.splice(0)) expect(await stack.remove()).toEqual([]);
  for (const release of releases.splice(0)) await release();
});

function stackOf(files: Readonly<Record<string, string>>): TempStack {
  const stack = tempStack(files);
  stacks.push(stack);
  return stack;
}

const names = (text: string, words: readonly string[]): boolean =>
  words.every((word) => text.includes(word));

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('the trio: within 5 s of `up -d` each has its right state and its reason', async () => {
  const held = await holdPort();
  releases.push(held.release);
  const stack = stackOf({
    'web.js': webScript,
    'refused.js': refusedScript,
    'stubborn.js': stubbornScript(held.port),
    'fettle.yaml': `name: trio
services:
  healthy: {command: node web.js, port: ${await freePort()}, health: /healthz}
  refused: {command: node refused.js}
  taken: {command: node stubborn.js, port: ${held.port}}
`,
  });
  const up = await stack.fettle('up', '-d');
  const document = await eventually(
    () => stack.status(),
    ({ services }) => {
      const whyOf = (name: string): string => services.find((one) => one.name === name)?.why ?? '';
      return (
        names(whyOf('refused'), ['127.0.0.1:5432']) &&
        names(whyOf('taken'), [String(held.port), String(process.pid)])
      );
    },
    5_000,
  );
  const states = Object.fromEntries(document.services.map(({ name, state }) => [name, state]));
  expect(states['healthy']).toBe('ok');
  expect(['failing', 'crash-loop']).toContain(states['refused']);
  expect(['failing', 'crash-loop']).toContain(states['taken']);
  expect(up.code).toBe(1);
  expect(up.stderr).toContain('1 of 3 ready');
  expect((await stack.fettle('status', '--exit-code')).code).toBe(3);
  const why = await stack.fettle('why', 'refused');
  expect(why.stdout).toContain('127.0.0.1:5432');
});

test('a port taken by somebody else is evaded, and why says by whom', async () => {
  const held = await holdPort();
  releases.push(held.release);
  const stack = stackOf({
    'web.js': webScript,
    'fettle.yaml': `services:\n  api: {command: node web.js, port: ${held.port}, health: /healthz}\n`,
  });
  const up = await stack.fettle('up', '-d', '--wait');
  expect(up).toMatchObject({ code: 0 });
  const sentence = `${held.port} is taken by pid ${process.pid}`;
  const api = await eventually(
    () => stack.service('api'),
    ({ why }) => why?.includes(sentence) === true,
  );
  expect(api.state).toBe('ok');
  expect(api.port).not.toBe(held.port);
});

test('a killed service is back at once, and its timeline tells', async () => {
  const stack = stackOf({
    'web.js': webScript,
    'fettle.yaml': `services:\n  web: {command: node web.js, port: ${await freePort()}, health: /}\n`,
  });
  expect((await stack.fettle('up', '-d', '--wait')).code).toBe(0);
  const before = await stack.service('web');
  process.kill(before.pid ?? 0, 'SIGKILL');
  const after = await eventually(
    () => stack.service('web'),
    ({ state, pid }) => state === 'ok' && pid !== null && pid !== before.pid,
  );
  expect(after.restarts).toBe(1);
  const timeline = await stack.fettle('timeline', 'web');
  expect(timeline.stdout).toMatch(/KILL/);
});

const config = (greeting: string): string => `services:
  one: {command: node worker.js, environment: {GREETING: ${greeting}}}
  two: {command: node worker.js}
`;

test('`up` after an edit restarts what changed, says why, and leaves the rest alone', async () => {
  const stack = stackOf({ 'worker.js': workerScript, 'fettle.yaml': config('hello') });
  const first = await stack.fettle('up', '-d');
  expect(first).toMatchObject({ code: 0 });
  expect(first.stderr).toMatch(/All 2 ready in \d+\.\d s\./);
  const [one, two] = (await stack.status()).services;
  stack.write('fettle.yaml', config('moin'));
  expect((await stack.fettle('config', 'diff')).stdout).toMatch(/one restarted\n.*GREETING/);
  const second = await stack.fettle('up', '-d');
  expect(second.code).toBe(0);
  expect(second.stderr).toMatch(/one {2}restarted: .*GREETING/);
  expect(second.stderr).toContain('left alone: two');
  const [oneAfter, twoAfter] = (await stack.status()).services;
  expect(oneAfter?.pid).not.toBe(one?.pid);
  expect(twoAfter?.pid).toBe(two?.pid);
  const third = await stack.fettle('up', '-d');
  expect(third.stderr).toContain('nothing changed');
});

const single = (greeting: string): string =>
  `services:\n  one: {command: node worker.js, environment: {GREETING: ${greeting}}}\n`;

test('`up` after `down` and an edit starts each service once, as it is now', async () => {
  const stack = stackOf({ 'worker.js': workerScript, 'fettle.yaml': single('hello') });
  expect((await stack.fettle('up', '-d')).code).toBe(0);
  expect((await stack.fettle('down')).code).toBe(0);
  stack.write('fettle.yaml', single('moin'));
  const startMs = Date.now();
  expect((await stack.fettle('up', '-d')).code).toBe(0);
  const { events } = JSON.parse((await stack.fettle('timeline', 'one', '--json')).stdout);
  const starts = events.filter(
    ({ kind, at }: { kind: string; at: string }) =>
      kind === 'service.started' && Date.parse(at) >= startMs,
  );
  expect(starts).toHaveLength(1);
});

test('a config with mistakes starts nothing and is told in full', async () => {
  const stack = stackOf({
    'fettle.yaml': 'services:\n  api:\n    comand: node a.js\n    port: eighty\n',
  });
  const up = await stack.fettle('up', '-d', '--json');
  expect(up.code).toBe(2);
  expect(JSON.parse(up.stdout)).toMatchObject({ schema: 'fettle.problem/v1' });
  expect(up.stderr).toContain('fettle.yaml:3:5');
  expect(up.stderr).toContain('fettle.yaml:4:11');
  expect(stack.processes()).toEqual([]);
});

test('named services start with what they need, and no others', async () => {
  const stack = stackOf({
    'worker.js': workerScript,
    'fettle.yaml': `services:
  base: {command: node worker.js}
  app: {command: node worker.js, depends_on: [base]}
  other: {command: node worker.js}
`,
  });
  expect((await stack.fettle('up', '-d', 'app')).code).toBe(0);
  const names = (await stack.status()).services.map(({ name }) => name);
  expect(names).toEqual(['base', 'app']);
  expect((await stack.fettle('up', '-d', 'apq')).code).toBe(2);
});

test('attached: follows the logs; Ctrl-C stops the stack and leaves nothing behind', async () => {
  const stack = stackOf({
    'worker.js': workerScript,
    'fettle.yaml': 'services:\n  worker: {command: node worker.js}\n',
  });
  const child = stack.start('up');
  let [out, talk] = ['', ''];
  child.stdout?.on('data', (chunk) => (out += String(chunk)));
  child.stderr?.on('data', (chunk) => (talk += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await eventually(
    () => Promise.resolve(out),
    (text) => text.includes('tick'),
    15_000,
  );
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(talk).toContain('Ctrl-C again kills it at once');
  expect(talk).toContain('everything is stopped');
  expect(stack.processes()).toEqual([]);
});

test('a second Ctrl-C kills a service that does not want to stop', async () => {
  const stack = stackOf({
    'deaf.js': `process.on('SIGTERM', () => undefined); console.log('deaf'); setInterval(() => undefined, 1000);`,
    'fettle.yaml': 'services:\n  deaf: {command: node deaf.js, stop_grace_period: 60s}\n',
  });
  const child = stack.start('up');
  let talk = '';
  child.stderr?.on('data', (chunk) => (talk += String(chunk)));
  child.stdout?.resume();
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await eventually(
    () => Promise.resolve(talk),
    (text) => text.includes('following the logs'),
    15_000,
  );
  child.kill('SIGINT');
  await eventually(
    () => Promise.resolve(talk),
    (text) => text.includes('Ctrl-C again'),
  );
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(talk).toContain('killing what is left');
  expect(stack.processes()).toEqual([]);
});

test('services outlive a killed daemon; the next `up -d` adopts them; `down` ends all', async () => {
  const stack = stackOf({
    'worker.js': workerScript,
    'fettle.yaml': 'services:\n  worker: {command: node worker.js}\n',
  });
  expect((await stack.fettle('up', '-d')).code).toBe(0);
  const { pid } = await stack.service('worker');
  const daemonFile = join(stack.dir, '.fettle', 'daemon.json');
  const { supervisorPid } = JSON.parse(readFileSync(daemonFile, 'utf8'));
  process.kill(supervisorPid, 'SIGKILL');
  await eventually(
    () => Promise.resolve(alive(supervisorPid)),
    (still) => !still,
  );
  expect(alive(pid ?? 0)).toBe(true);
  const again = await stack.fettle('up', '-d');
  expect(again.code).toBe(0);
  expect(again.stderr).toContain('adopted 1 process that ran on');
  expect((await stack.service('worker')).pid).toBe(pid);
  expect((await stack.fettle('down')).code).toBe(0);
  expect(alive(pid ?? 0)).toBe(false);
  expect(stack.processes()).toEqual([]);
});
